import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noCalls, renameCalls } from "../../src/adapters/roots/rename-calls.js";
import { tempFolders } from "./folders.js";

const temp = tempFolders();

function two() {
  const dir = temp();
  const [a, b] = [join(dir, "a \u{1f984}\n"), join(dir, "b")];
  writeFileSync(a, "a");
  writeFileSync(b, "b");
  return { dir, a, b, none: join(dir, "none") };
}

const text = (path: string): string => readFileSync(path, "utf8");

describe.skipIf(process.platform === "win32")("the kernel's renames", () => {
  it("are there on this system: without them there is a moment in which a save can be lost", () => {
    expect(renameCalls()).not.toBe(noCalls);
    expect(renameCalls()).toBe(renameCalls());
  });

  it("swap two names, whatever they stand for", () => {
    const { dir, a, b, none } = two();
    expect(renameCalls().exchange(a, b)).toBe("done");
    expect([text(a), text(b)]).toEqual(["b", "a"]);
    mkdirSync(join(dir, "folder/in"), { recursive: true });
    symlinkSync("x", join(dir, "link"));
    expect(renameCalls().exchange(join(dir, "folder"), join(dir, "link"))).toBe("done");
    expect(existsSync(join(dir, "link/in"))).toBe(true);
    expect(renameCalls().exchange(a, none)).toBe("ENOENT");
    expect(renameCalls().exchange(none, a)).toBe("ENOENT");
    expect(text(a)).toBe("b");
  });

  it("move to a free name only", () => {
    const { a, b, none } = two();
    expect(renameCalls().moveNew(a, b)).toBe("EEXIST");
    expect([text(a), text(b)]).toEqual(["a", "b"]);
    expect(renameCalls().moveNew(a, none)).toBe("done");
    expect([existsSync(a), text(none)]).toEqual([false, "a"]);
    expect(renameCalls().moveNew(a, none)).toBe("ENOENT");
    expect(renameCalls().moveNew(none, join(none, "below"))).toBe("ENOTDIR");
  });
});
