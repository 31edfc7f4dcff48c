import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { batches, file, leftovers, opened, put, putOther, tempFolders, trash, write } from "./folders.js";

const temp = tempFolders();
const DAY = 86_400_000;
const NOW = Date.parse("2026-11-21T13:58:00Z");

function root(nowMs: () => number = () => NOW) {
  const dir = temp();
  return { dir, folder: opened(dir, { nowMs }) };
}

/** What an earlier process put into the trash. */
function older(dir: string, batch: string, ...paths: string[]): void {
  for (const path of paths) write(dir, `.aura/trash/${batch}/${path}`, path);
}

describe("the trash", () => {
  it("names a batch by day, time and number, in UTC, and keeps what was deleted together as it stood", () => {
    const { dir, folder } = root();
    for (const path of ["docs/a.txt", "docs/deep/b.txt", "c"]) write(dir, path);
    for (const path of ["docs/a.txt", "docs/deep/b.txt"]) folder.remove(path, folder.stat(path)!);
    folder.flush();
    folder.remove("c", folder.stat("c")!);
    expect(batches(dir)).toEqual(["20261121/135800-001", "20261121/135800-002"]);
    expect(readdirSync(join(dir, ".aura/trash/20261121/135800-001/docs")).toSorted()).toEqual(["a.txt", "deep"]);
    expect(readdirSync(join(dir, ".aura/trash/20261121/135800-002"))).toEqual(["c"]);
    expect(statSync(join(dir, ".aura/trash")).mode & 0o077).toBe(0);
  });

  it("keeps each version of a path, and a file beside a folder of its name", () => {
    const { dir, folder } = root();
    for (const text of ["one", "two", "three", "four"]) put(folder, "a", text);
    folder.remove("a", folder.stat("a")!);
    putOther(folder, "a", { type: "dir" }, null);
    put(folder, "a/b", "below", null);
    folder.remove("a/b", folder.stat("a/b")!);
    expect(trash(dir)).toEqual({ a: ["one", "two", "three", "four"], "a/b": ["below"] });
  });

  it("goes through no link that was deleted before", () => {
    const { dir, folder } = root();
    const outside = temp();
    putOther(folder, "a", { type: "link", target: outside }, null);
    folder.remove("a", folder.stat("a")!);
    write(dir, "a/deep/er/b");
    folder.remove("a/deep/er/b", folder.stat("a/deep/er/b")!);
    expect(trash(dir)).toEqual({ a: [`-> ${outside}`], "a/deep/er/b": ["a/deep/er/b"] });
    expect(readdirSync(outside)).toEqual([]);
  });

  it("has no empty batch where nothing was deleted after all", () => {
    const { dir, folder } = root();
    write(dir, "a", "one");
    const stale = { ...folder.stat("a")!, size: 99 };
    expect(put(folder, "a", "new", stale).result).toBe("changed");
    expect(folder.remove("a", stale).result).toBe("changed");
    write(dir, "d/inside");
    expect(put(folder, "d", "file").result).toBe("changed");
    expect(batches(dir)).toEqual([]);
  });

  it("is emptied of what is in it for longer than the days, file by file counted", () => {
    const { dir, folder } = root();
    older(dir, "20261020/000000-001", "a", "b/c", "b/d");
    older(dir, "20261022/135759-001", "just over 30 days");
    older(dir, "20261022/135801-001", "just under");
    older(dir, "20261121/135759-001", "new");
    expect(folder.emptyTrash(30, NOW)).toBe(4);
    expect(batches(dir)).toEqual(["20261022/135801-001", "20261121/135759-001"]);
    expect(existsSync(join(dir, ".aura/trash/20261020"))).toBe(false);
    expect(folder.emptyTrash(0, NOW)).toBe(2);
    expect(batches(dir)).toEqual([]);
    expect(folder.emptyTrash(0, NOW)).toBe(0);
  });

  it("keeps what is dated in the future, whatever the clock said then", () => {
    const { dir, folder } = root();
    older(dir, "20361121/000000-001", "a");
    older(dir, "20261121/135801-001", "b");
    expect(folder.emptyTrash(0, NOW)).toBe(0);
    expect(batches(dir)).toHaveLength(2);
  });

  it("keeps what this process has put there when the clock jumps, and drops it with none to keep", () => {
    const { dir, folder } = root();
    write(dir, "a");
    folder.remove("a", folder.stat("a")!);
    expect(folder.emptyTrash(30, NOW + 3650 * DAY)).toBe(0);
    expect(folder.emptyTrash(30, NOW - 3650 * DAY)).toBe(0);
    expect(folder.emptyTrash(0, NOW - 3650 * DAY)).toBe(1);
    write(dir, "a");
    expect(folder.remove("a", folder.stat("a")!).result).toBe("done");
    expect(trash(dir)).toEqual({ a: ["a"] });
  });

  it("leaves alone what it has not named", () => {
    const { dir, folder } = root();
    older(dir, "mine/x", "a");
    older(dir, "20200101/mine", "b");
    older(dir, "20201399/000000-001", "c");
    older(dir, "20200101/000000-001", "d");
    expect(folder.emptyTrash(1, NOW)).toBe(1);
    expect(trash(dir)).toEqual({ a: ["a"], b: ["b"], c: ["c"] });
  });
});

describe("temporary files", () => {
  it("that a crash left are cleaned away, those in use are not", () => {
    const { dir, folder } = root();
    write(dir, ".aura/tmp/left/deep/a");
    write(dir, ".aura/tmp/left.txt");
    const open = folder.createTemp();
    open.write(Buffer.from("text"));
    folder.cleanTemp();
    expect(leftovers(dir)).toEqual([open.path.slice(-36)]);
    open.finish();
    open.discard();
    open.discard();
    expect(leftovers(dir)).toEqual([]);
  });

  it("are not for others to read, and are made anew where their folder is gone", () => {
    const { folder } = root();
    const open = folder.createTemp();
    expect(statSync(open.path).mode & 0o777).toBe(0o600);
    expect(statSync(join(open.path, "..")).mode & 0o777).toBe(0o700);
    open.discard();
  });

  it("of a copy have the bytes that their hash is of", () => {
    const { dir, folder } = root();
    write(dir, "big", Buffer.alloc(3_000_000, "x"));
    const { temp: copy, hash } = folder.copyToTemp("big");
    expect(hash).toBe(file(Buffer.alloc(3_000_000, "x")).hash);
    expect(statSync(copy.path).size).toBe(3_000_000);
    expect(folder.place("copy", { type: "file", hash, size: 3_000_000, exec: false }, copy, null, NOW).result).toBe("done");
    expect(leftovers(dir)).toEqual([]);
    mkdirSync(join(dir, "folder"));
    expect(() => folder.copyToTemp("folder")).toThrow(/changed while it was read/);
    expect(() => folder.copyToTemp("gone")).toThrow(/changed while it was read/);
    expect(leftovers(dir)).toEqual([]);
  });

  it("tell the file system's clock", () => {
    const { dir, folder } = root();
    const before = folder.now();
    writeFileSync(join(dir, "a"), "");
    const { mtimeMs } = folder.stat("a")!;
    expect(mtimeMs).toBeGreaterThanOrEqual(before);
    expect(folder.now()).toBeGreaterThanOrEqual(mtimeMs);
    expect(leftovers(dir)).toEqual([]);
  });
});
