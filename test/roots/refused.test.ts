import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openRootFolder } from "../../src/adapters/roots/root-folder.js";
import { noCalls, renameCalls } from "../../src/adapters/roots/rename-calls.js";
import type { RenameCalls } from "../../src/adapters/roots/rename-calls.js";
import type { Placed, RootFolder } from "../../src/sync/ports.js";
import { asNobody, leftovers, names, opened, put, putOther, scan, tempFolders, trash, tree, write } from "./folders.js";

const temp = tempFolders();

const WAYS: readonly (readonly [string, RenameCalls])[] = [
  ["with the kernel's renames", renameCalls()],
  ["with plain renames", noCalls],
];

const OPERATIONS: Readonly<Record<string, (folder: RootFolder) => Placed>> = {
  "a file over another": (folder) => put(folder, "closed/a", "new"),
  "a new file": (folder) => put(folder, "closed/new", "new", null),
  "a new folder": (folder) => putOther(folder, "closed/new", { type: "dir" }, null),
  "a new link": (folder) => putOther(folder, "closed/new", { type: "link", target: "a" }, null),
  "removing a file": (folder) => folder.remove("closed/a", folder.stat("closed/a")!),
  "removing a folder": (folder) => folder.remove("closed/empty", folder.stat("closed/empty")!),
  "renaming out of it": (folder) => folder.rename("closed/a", "b", folder.stat("closed/a")!),
  "renaming into it": (folder) => folder.rename("open", "closed/b", folder.stat("open")!),
};

describe.each(WAYS)("in a folder that may not be written, %s", (_, calls) => {
  it.each(Object.entries(OPERATIONS))("%s is kept from happening, and says what to do", (_title, run) => {
    const dir = temp();
    const folder = opened(dir, { calls });
    write(dir, "closed/a", "old");
    mkdirSync(join(dir, "closed/empty"));
    write(dir, "open");
    const before = tree(dir);
    const result = asNobody(dir, () => {
      chmodSync(join(dir, "closed"), 0o500);
      return run(folder);
    });
    chmodSync(join(dir, "closed"), 0o700);
    expect(result).toEqual({ result: "kept", why: "no permission to change its folder; allow it with: chmod u+rwx on the folder" });
    expect(tree(dir)).toEqual(before);
    expect(trash(dir)).toEqual({});
    expect(leftovers(dir)).toEqual([]);
  });
});

describe("a file without permission to write", () => {
  it("is replaced and removed where its folder may be written, and stays in the trash", () => {
    const dir = temp();
    const folder = opened(dir);
    write(dir, "a", "old");
    write(dir, "b", "old");
    asNobody(dir, () => {
      for (const path of ["a", "b"]) chmodSync(join(dir, path), 0o444);
      expect(put(folder, "a", "new").result).toBe("done");
      expect(folder.remove("b", folder.stat("b")!).result).toBe("done");
    });
    expect(tree(dir)).toEqual({ a: "new" });
    expect(trash(dir)).toEqual({ a: ["old"], b: ["old"] });
  });
});

const immutable: string[] = [];
afterEach(() => {
  for (const path of immutable.splice(0)) spawnSync("chattr", ["-i", path]);
});

/** Not every file system has it, and only root may set it. */
function protect(path: string): boolean {
  immutable.push(path);
  return spawnSync("chattr", ["+i", path]).status === 0;
}

describe("a file that the system protects", () => {
  it("is kept as it is, and says so", (context) => {
    const dir = temp();
    const folder = opened(dir);
    write(dir, "a", "old");
    const stat = folder.stat("a")!;
    if (!protect(join(dir, "a"))) context.skip("this file system, or this user, has no immutable files");
    const now = folder.stat("a")!;
    expect(now.ino).toBe(stat.ino);
    const answer = { result: "kept", why: "protected by the system (immutable, or somebody else's); lift that protection" };
    expect(put(folder, "a", "new", now)).toEqual(answer);
    expect(folder.remove("a", now)).toEqual(answer);
    expect(folder.rename("a", "b", now)).toEqual(answer);
    expect(folder.setExec("a", true, now)).toEqual(answer);
    expect(tree(dir)).toEqual({ a: "old" });
    expect(leftovers(dir)).toEqual([]);
    expect(trash(dir)).toEqual({});
  });
});

describe("a root that cannot be written at all", () => {
  it("can still be opened and read", () => {
    const dir = temp();
    opened(dir);
    write(dir, "a");
    symlinkSync("a", join(dir, "link"));
    asNobody(dir, () => {
      execFileSync("chmod", ["-R", "a-w", dir]);
      const folder = openRootFolder(dir);
      expect(names(scan(folder))).toEqual(["a", "link"]);
      expect(Buffer.from(folder.readFile("a", folder.stat("a")!)).toString()).toBe("a");
      expect(folder.caseSensitive).toBe(process.platform === "linux");
      expect(folder.now()).toBeGreaterThan(0);
    });
    execFileSync("chmod", ["-R", "u+w", dir]);
  });

  it("gives an error that names the file when its own folder cannot be written", () => {
    const dir = temp();
    const folder = opened(dir);
    asNobody(dir, () => {
      mkdirSync(join(dir, ".aura/tmp"), { recursive: true });
      chmodSync(join(dir, ".aura/tmp"), 0o500);
      expect(() => folder.createTemp()).toThrow(/\.aura\/tmp\/[-0-9a-f]{36} cannot be written: EACCES/);
      write(dir, "a", "old");
      mkdirSync(join(dir, ".aura/trash"), { recursive: true });
      chmodSync(join(dir, ".aura/trash"), 0o500);
      expect(() => folder.remove("a", folder.stat("a")!)).toThrow(/\.aura\/trash cannot be written: EACCES/);
    });
    for (const name of ["tmp", "trash"]) chmodSync(join(dir, ".aura", name), 0o700);
    expect(tree(dir)).toEqual({ a: "old" });
  });
});
