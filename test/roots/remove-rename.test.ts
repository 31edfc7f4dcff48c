import { linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noCalls, renameCalls } from "../../src/adapters/roots/rename-calls.js";
import type { RenameCalls } from "../../src/adapters/roots/rename-calls.js";
import { opened, tempFolders, trash, tree, write } from "./folders.js";

const temp = tempFolders();
const UMASK = process.umask();

const WAYS: readonly (readonly [string, RenameCalls])[] = [
  ["with the kernel's renames", renameCalls()],
  ["with plain renames", noCalls],
];

describe.each(WAYS)("remove and rename, %s", (_, calls) => {
  function root() {
    const dir = temp();
    return { dir, folder: opened(dir, { calls }) };
  }

  it("remove takes files and links to the trash, and empty folders away", () => {
    const { dir, folder } = root();
    write(dir, "docs/a.txt", "text");
    symlinkSync("a.txt", join(dir, "docs/link"));
    for (const path of ["docs/a.txt", "docs/link", "docs"]) {
      const expected = folder.stat(path)!;
      expect(folder.remove(path, expected)).toEqual({ result: "done", stat: expected });
    }
    expect(tree(dir)).toEqual({});
    expect(trash(dir)).toEqual({ "docs/a.txt": ["text"], "docs/link": ["-> a.txt"] });
  });

  it("remove leaves alone what is not as expected, and folders with something in them", () => {
    const { dir, folder } = root();
    write(dir, "a", "one");
    write(dir, "full/inside");
    const before = folder.stat("a")!;
    writeFileSync(join(dir, "a"), "other");
    expect(folder.remove("a", before)).toEqual({ result: "changed" });
    expect(folder.remove("full", folder.stat("full")!)).toEqual({ result: "changed" });
    expect(folder.remove("gone", before)).toEqual({ result: "changed" });
    expect(folder.remove("a/below", before)).toEqual({ result: "changed" });
    expect(tree(dir)).toEqual({ a: "other", full: "/", "full/inside": "full/inside" });
    expect(trash(dir)).toEqual({});
  });

  it("remove leaves a folder for what is ignored in it, or cannot be synced", async () => {
    const { dir, folder } = root();
    write(dir, ".aura/ignore", "*.log\nbuild/\n");
    folder.reloadIgnore();
    write(dir, "logs/a.log");
    write(dir, "deep/build/out/a");
    write(dir, "sub/.aura/root.toml");
    mkdirSync(join(dir, "sock"));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(dir, "sock/s"), resolve));
    try {
      for (const path of ["logs", "deep", "sub", "sock"]) {
        expect(folder.remove(path, folder.stat(path)!)).toEqual({
          result: "kept",
          why: "holds files that are not synced; move or delete them",
        });
      }
    } finally {
      server.close();
    }
    expect(trash(dir)).toEqual({});
  });

  it("remove knows a folder again whose content has changed", () => {
    const { dir, folder } = root();
    write(dir, "docs/a");
    const before = folder.stat("docs")!;
    expect(folder.remove("docs/a", folder.stat("docs/a")!).result).toBe("done");
    expect(folder.remove("docs", before).result).toBe("done");
    expect(tree(dir)).toEqual({});
  });

  it("rename moves files, links and folders with all that is in them", () => {
    const { dir, folder } = root();
    write(dir, "a", "text");
    symlinkSync("a", join(dir, "link"));
    write(dir, "from/deep/b");
    mkdirSync(join(dir, "to"));
    const stat = folder.stat("a")!;
    expect(folder.rename("a", "to/b", stat)).toEqual({ result: "done", stat: folder.stat("to/b") });
    expect(folder.stat("to/b")).toMatchObject({ ino: stat.ino, mtimeMs: stat.mtimeMs });
    expect(folder.rename("link", "to/link", folder.stat("link")!).result).toBe("done");
    expect(folder.rename("from", "to/from", folder.stat("from")!)).toEqual({ result: "done", stat: folder.stat("to/from") });
    expect(tree(dir)).toEqual({
      to: "/",
      "to/b": "text",
      "to/link": "-> a",
      "to/from": "/",
      "to/from/deep": "/",
      "to/from/deep/b": "from/deep/b",
    });
    expect(trash(dir)).toEqual({});
  });

  it("rename replaces nothing, and moves nothing that is not as expected", () => {
    const { dir, folder } = root();
    write(dir, "a", "one");
    write(dir, "b", "two");
    mkdirSync(join(dir, "empty"));
    linkSync(join(dir, "a"), join(dir, "twin"));
    symlinkSync(temp(), join(dir, "out"));
    const before = folder.stat("a")!;
    for (const to of ["b", "empty", "twin", "missing/a", "out/a", "b/c"])
      expect(folder.rename("a", to, before)).toEqual({ result: "changed" });
    expect(folder.rename("a", ".aura/a", before).result).toBe("kept");
    expect(folder.rename(".aura/ignore", "a2", folder.stat("b")!).result).toBe("kept");
    expect(folder.rename("empty", "empty/in", folder.stat("empty")!).result).toBe("kept");
    writeFileSync(join(dir, "a"), "more");
    expect(folder.rename("a", "c", before)).toEqual({ result: "changed" });
    expect(tree(dir)).toMatchObject({ a: "more", b: "two", empty: "/", twin: "more" });
    expect(trash(dir)).toEqual({});
  });

  it("sets and clears the executable bit, for whoever may read", () => {
    const { dir, folder } = root();
    write(dir, "run", "text");
    const on = folder.setExec("run", true, folder.stat("run")!);
    expect(on).toEqual({ result: "done", stat: folder.stat("run") });
    expect(statSync(join(dir, "run")).mode & 0o777).toBe(0o755 & ~UMASK);
    const before = folder.stat("run")!;
    expect(folder.setExec("run", false, before)).toEqual({ result: "done", stat: folder.stat("run") });
    expect(statSync(join(dir, "run")).mode & 0o777).toBe(0o644 & ~UMASK);
    expect(folder.setExec("run", false, before)).toEqual({ result: "changed" });
    symlinkSync("run", join(dir, "link"));
    expect(folder.setExec("link", true, folder.stat("link")!)).toEqual({ result: "changed" });
    expect(folder.setExec("gone", true, before)).toEqual({ result: "changed" });
  });
});

describe("rename to another spelling", () => {
  it("is done where letters are not told apart", () => {
    const dir = temp();
    // Here they are, so a second name stands in for what such a file system answers: the same file is at both.
    const folder = opened(dir, { caseSensitive: false });
    write(dir, "photo.jpg", "text");
    linkSync(join(dir, "photo.jpg"), join(dir, "Photo.jpg"));
    expect(folder.rename("photo.jpg", "Photo.jpg", folder.stat("photo.jpg")!).result).toBe("done");
    expect(tree(dir)["Photo.jpg"]).toBe("text");
    expect(folder.rename("Photo.jpg", "other.jpg", folder.stat("Photo.jpg")!).result).toBe("done");
  });

  it("is a rename onto another file where they are", () => {
    const dir = temp();
    const folder = opened(dir);
    write(dir, "photo.jpg", "text");
    linkSync(join(dir, "photo.jpg"), join(dir, "Photo.jpg"));
    expect(folder.rename("photo.jpg", "Photo.jpg", folder.stat("photo.jpg")!)).toEqual({ result: "changed" });
    expect(folder.rename("photo.jpg", "PHOTO.jpg", folder.stat("photo.jpg")!).result).toBe("done");
  });
});
