import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AuraError } from "../../src/shared/errors.js";
import { openRootFolder } from "../../src/adapters/roots/root-folder.js";
import { missing } from "../support/components.js";
import { fill, mounts } from "./disks.js";
import { file, leftovers, LONG_AGO, names, opened, put, putOther, scan, tempFolders, trash, tree, write } from "./folders.js";

// Before the folders, so that it runs after they are unmounted: hooks run last to first.
const temp = tempFolders();
const { disk, bind } = mounts();

function failure(act: () => unknown): AuraError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AuraError);
    return error as AuraError;
  }
  throw new Error("nothing was thrown");
}

describe.skipIf(missing("root"))("a disk that is full", () => {
  it("is told with the file and what to do, and leaves nothing behind", () => {
    const dir = disk(temp());
    const folder = opened(dir);
    write(dir, "a", "old");
    const empty = fill(dir);
    const before = tree(dir);
    const open = folder.createTemp();
    const thrown = failure(() => {
      for (let n = 0; n < 100; n++) open.write(Buffer.alloc(65_536));
    });
    expect(thrown.code).toBe("file_write");
    expect(thrown.line).toBe(`${open.path} cannot be written: the disk is full; free some space; what is in the root's .aura/trash may go`);
    expect(leftovers(dir)).toEqual([]);
    expect(tree(dir)).toEqual(before);
    empty();
    expect(put(folder, "a", "new").result).toBe("done");
  });

  it("loses neither the old file nor the new when there is no room for one more name", () => {
    const dir = disk(temp(), "1m,nr_inodes=16");
    const folder = opened(dir);
    write(dir, "a", "old");
    const draft = folder.createTemp();
    draft.write(Buffer.from("new"));
    draft.finish();
    let last = 0;
    expect(() => {
      for (; ; last++) write(dir, `taken ${last}`);
    }).toThrow(/ENOSPC/);
    const before = tree(dir);
    const stat = folder.stat("a")!;
    const acts = [
      () => folder.place("a", file("new"), draft, stat, LONG_AGO),
      () => folder.place("link", { type: "link", target: "a" }, null, null, LONG_AGO),
      () => folder.place("folder", { type: "dir" }, null, null, LONG_AGO),
      () => folder.remove("a", stat),
      () => folder.createTemp(),
      () => folder.copyToTemp("a"),
    ];
    for (const act of acts) {
      const thrown = failure(act);
      expect(thrown.code).toBe("file_write");
      expect(thrown.line).toMatch(/ cannot be written: the disk is full; free some space/);
      expect(tree(dir)).toEqual(before);
      expect(trash(dir)).toEqual({});
    }
    rmSync(join(dir, "taken 0"));
    rmSync(join(dir, "taken 1"));
    rmSync(join(dir, "taken 2"));
    expect(folder.place("a", file("new"), draft, folder.stat("a"), LONG_AGO).result).toBe("done");
    expect(trash(dir)).toEqual({ a: ["old"] });
    expect(leftovers(dir)).toEqual([]);
  });
});

describe.skipIf(missing("root"))("another file system below the root", () => {
  function root() {
    const dir = temp();
    const folder = opened(dir);
    disk(join(dir, "usb"));
    return { dir, folder, usb: join(dir, "usb") };
  }

  it("is scanned, and changed like the rest; what is deleted there goes to a trash of its own", () => {
    const { dir, folder, usb } = root();
    write(usb, "docs/a", "old");
    expect(names(scan(folder))).toEqual(["usb", "usb/docs", "usb/docs/a"]);
    expect(put(folder, "usb/docs/a", "new")).toEqual({ result: "done", stat: folder.stat("usb/docs/a") });
    expect(put(folder, "usb/b", "b", null).result).toBe("done");
    expect(putOther(folder, "usb/link", { type: "link", target: "b" }, null).result).toBe("done");
    expect(putOther(folder, "usb/folder", { type: "dir" }, null).result).toBe("done");
    expect(folder.remove("usb/b", folder.stat("usb/b")!).result).toBe("done");
    expect(folder.rename("usb/link", "usb/docs/link", folder.stat("usb/link")!).result).toBe("done");
    expect(tree(usb)).toEqual({ docs: "/", "docs/a": "new", "docs/link": "-> b", folder: "/" });
    expect(trash(usb)).toEqual({ "usb/docs/a": ["old"], "usb/b": ["b"] });
    expect(names(scan(folder))).toEqual(["usb", "usb/docs", "usb/docs/a", "usb/docs/link", "usb/folder"]);
    expect(readdirSync(join(usb, ".aura/tmp-outer"))).toEqual([]);
    expect(leftovers(dir)).toEqual([]);
    expect(folder.emptyTrash(0, Date.now() + 10_000)).toBe(2);
  });

  it("does so the first time, when nothing was scanned", () => {
    const { folder, usb } = root();
    write(usb, "a", "old");
    for (const path of ["usb/a"]) expect(put(folder, path, "new").result).toBe("done");
    expect(folder.remove("usb/a", folder.stat("usb/a")!).result).toBe("done");
    expect(trash(usb)).toEqual({ "usb/a": ["old", "new"] });
  });

  it("is cleaned of what a crash left there, by whoever opens the root next", () => {
    const { dir, usb } = root();
    write(usb, ".aura/tmp-outer/left");
    openRootFolder(dir).cleanTemp();
    expect(readdirSync(join(usb, ".aura/tmp-outer"))).toEqual([]);
  });

  it("lets files and links through by copy, and folders not at all", () => {
    const { dir, folder, usb } = root();
    write(dir, "a", "text");
    chmodSync(join(dir, "a"), 0o750);
    symlinkSync("target", join(dir, "link"));
    write(dir, "folder/in");
    const stat = folder.stat("a")!;
    const moved = folder.rename("a", "usb/a", stat);
    expect(moved).toEqual({ result: "done", stat: folder.stat("usb/a") });
    expect(folder.stat("usb/a")).toMatchObject({ size: 4, exec: true });
    expect(folder.stat("usb/a")!.mtimeMs).toBeCloseTo(stat.mtimeMs, 0);
    expect(folder.rename("link", "usb/link", folder.stat("link")!).result).toBe("done");
    expect(tree(usb)).toEqual({ a: "text", link: "-> target" });
    expect(trash(dir)).toEqual({ a: ["text"], link: ["-> target"] });
    expect(folder.rename("usb/a", "back", folder.stat("usb/a")!).result).toBe("done");
    expect(folder.rename("folder", "usb/folder", folder.stat("folder")!)).toEqual({
      result: "kept",
      why: "on another file system than the rest; unmount that, or ignore it in .aura/ignore",
    });
    expect(tree(dir)).toMatchObject({ back: "text", folder: "/", "folder/in": "folder/in" });
    expect(leftovers(dir)).toEqual([]);
  });

  it("may be the same one a second time, where no rename leads either", () => {
    const dir = temp();
    const elsewhere = temp();
    const folder = opened(dir);
    write(elsewhere, "docs/a", "old");
    bind(elsewhere, join(dir, "bound here"));
    expect(put(folder, "bound here/docs/a", "new").result).toBe("done");
    expect(put(folder, "bound here/b", "new", null).result).toBe("done");
    expect(tree(elsewhere)).toEqual({ docs: "/", "docs/a": "new", b: "new" });
    expect(trash(elsewhere)).toEqual({ "bound here/docs/a": ["old"] });
  });

  it("is kept as it is when it is mounted to be read only", () => {
    const { dir, folder, usb } = root();
    write(usb, "a", "old");
    execFileSync("mount", ["-o", "remount,ro", usb]);
    const answer = { result: "kept", why: "on a read-only file system; mount it writable" };
    expect(put(folder, "usb/a", "new")).toEqual(answer);
    expect(put(folder, "usb/new", "new", null)).toEqual(answer);
    expect(folder.remove("usb/a", folder.stat("usb/a")!)).toEqual(answer);
    expect(folder.rename("usb/a", "usb/b", folder.stat("usb/a")!)).toEqual(answer);
    expect(folder.remove("usb", folder.stat("usb")!).result).toBe("changed");
    expect(leftovers(dir)).toEqual([]);
  });

  it("is not taken away, empty as it may be, and says why", () => {
    const { folder } = root();
    expect(folder.remove("usb", folder.stat("usb")!)).toEqual({
      result: "kept",
      why: "in use by the system (a mount point, or open elsewhere); close what uses it",
    });
    expect(put(folder, "usb", "file").result).toBe("kept");
  });

  it("that the root itself was on is an error when it is unmounted, never an empty root", () => {
    const parent = temp();
    const dir = disk(join(parent, "root"));
    const folder = opened(dir);
    write(dir, "a");
    expect(names(scan(folder))).toEqual(["a"]);
    execFileSync("umount", [dir]);
    const thrown = failure(() => scan(folder));
    expect([thrown.code, thrown.message]).toEqual(["root_missing", `root ${dir} has no .aura/root.toml`]);
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", dir]);
    expect(failure(() => scan(folder)).code).toBe("root_missing");
  });
});
