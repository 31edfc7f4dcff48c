import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DIR, GONE } from "../../src/sync/content.js";
import type { Content, Path } from "../../src/sync/entry.js";
import { parentOf } from "../../src/sync/path.js";
import { Bucket, Device, hashOf, treeOf } from "./device.js";
import { entry, file, link } from "./entries.js";
import { lines, planned, type Tree } from "./planning.js";
import { SEED } from "./seed.js";

const [x, y, z] = [file("x"), file("y"), file("z")];
const big = file("big");

describe("a plan", () => {
  it.each<[string, Tree, Tree, string[]]>([
    ["makes folders before what is in them", {}, { "a/b/x": x, "a/b": DIR, a: DIR }, ["mkdir a", "mkdir a/b", "download a/b/x"]],
    ["removes what is in a folder before it", { a: DIR, "a/b": DIR, "a/b/x": x }, {}, ["remove a/b/x", "remove a/b", "remove a"]],
    ["removes last", { old: x, e: x }, { new: y, l: link("t"), e: file("x", true) }, ["link l", "download new", "exec e", "remove old"]],
    ["moves a renamed file", { old: x }, { new: x }, ["move old to new"]],
    [
      "moves a renamed folder's files",
      { a: DIR, "a/1": x, "a/2": y },
      { b: DIR, "b/1": x, "b/2": y },
      ["mkdir b", "move a/1 to b/1", "move a/2 to b/2", "remove a"],
    ],
    [
      "moves to the same name first",
      { "a/1": x, "a/2": x, a: DIR },
      { a: DIR, b: DIR, "b/2": x, c: x },
      ["mkdir b", "move a/2 to b/2", "move a/1 to c"],
    ],
    ["moves and then changes the exec bit", { old: x }, { new: file("x", true) }, ["move old to new", "exec new"]],
    [
      "moves an empty file, but copies none",
      { old: file(""), stays: file("") },
      { stays: file(""), new: file(""), more: file("") },
      ["move old to more", "download new"],
    ],
    ["copies what is here under another name", { a: x }, { a: x, b: x }, ["copy a to b"]],
    ["copies from where a file was moved to", { a: x }, { b: x, c: x }, ["move a to b", "copy b to c"]],
    ["downloads a content once", {}, { a: x, b: x, c: y }, ["download a", "download c", "copy a to b"]],
    ["copies over a file rather than moving over it", { a: x, b: y }, { b: x }, ["copy a to b", "remove a"]],
    ["copies before the source is replaced", { a: x, b: y }, { a: z, b: x }, ["copy a to b", "download a"]],
    ["swaps two files with one download", { a: x, b: y }, { a: y, b: x }, ["copy b to a", "download b"]],
    [
      "renames what is replaced and wanted elsewhere, as a rotated log",
      { log: big },
      { log: x, "log.1": big },
      ["download log, log aside to log.1"],
    ],
    [
      "renames what gives way to a folder, beside it",
      { d: x },
      { d: DIR, "d/y": y, "d.copy": x },
      ["mkdir d, d aside to d.copy", "download d/y"],
    ],
    [
      "puts nothing aside into a folder that is not there yet",
      { d: x },
      { d: DIR, e: DIR, "e/x": x },
      ["mkdir d", "mkdir e", "download e/x"],
    ],
    ["does not move a file into itself as a folder", { d: x }, { d: DIR, "d/x": x }, ["mkdir d", "download d/x"]],
    [
      "makes room for a file where a folder was",
      { d: DIR, "d/e": DIR, "d/e/x": x },
      { d: y },
      ["remove d/e/x", "remove d/e", "remove d", "download d"],
    ],
    ["moves out of a folder before it becomes a file", { d: DIR, "d/x": x }, { d: y, e: x }, ["move d/x to e", "remove d", "download d"]],
    ["replaces a folder by a file that was in it", { d: DIR, "d/x": x }, { d: x }, ["remove d/x", "remove d", "download d"]],
    ["replaces a folder by a link", { d: DIR, "d/x": x }, { d: link("t") }, ["remove d/x", "remove d", "link d"]],
    ["replaces a link by a file, and a file by a link", { a: link("t"), b: x }, { a: y, b: link("t") }, ["link b", "download a"]],
    ["replaces a file by a folder", { d: x }, { d: DIR, "d/y": y }, ["mkdir d", "download d/y"]],
    ["replaces a link", { a: link("t") }, { a: link("u") }, ["link a"]],
    ["only sets the exec bit where only that changed", { a: x }, { a: file("x", true) }, ["exec a"]],
  ])("%s", (_title, have, want, expected) => {
    expect(lines(have, want)).toEqual(expected);
  });

  it("notes what is wanted as it is", () => {
    const have = { a: x, d: DIR, l: link("t"), gone: null };
    expect(planned(have, { ...have, never: null })).toMatchObject({
      operations: [],
      noted: ["a", "d", "gone", "l", "never"],
      problems: [],
      deletes: [],
    });
  });

  it("names the files and links that it removes, not what it moves", () => {
    expect(planned({ d: DIR, "d/x": x, "d/y": y, l: link("t"), e: DIR, "e/z": z }, { new: x, e: z }).deletes).toEqual(["d/y", "e/z", "l"]);
  });

  it("leaves ignored paths alone", () => {
    const isIgnored = (path: Path, isDir: boolean): boolean => path === "a" || (path === "build" && isDir);
    expect(lines({ a: x, build: DIR }, { b: x }, { isIgnored })).toEqual(["copy a to b"]);
    expect(lines({}, { build: DIR, a: x, b: y }, { isIgnored })).toEqual(["download b"]);
    expect(lines({}, { build: y }, { isIgnored })).toEqual(["download build"]);
  });

  it("tells what each path holds after its operation", () => {
    const { operations } = planned(
      { old: x, log: big, d: DIR, "d/x": y },
      { new: file("x", true), log: z, "log.1": file("big", true), d: file("d") },
    );
    expect(operations.map(({ op, path, entry: { content } }) => [op, path, content])).toEqual([
      ["move", "new", x],
      ["remove", "d/x", GONE],
      ["remove", "d", GONE],
      ["download", "d", file("d")],
      ["download", "log", z],
      ["exec", "log.1", file("big", true)],
      ["exec", "new", file("x", true)],
    ]);
    // The folder is gone, and the file that is wanted there not yet seen by anybody.
    expect(operations.find(({ op, path }) => op === "remove" && path === "d")!.entry.vector).toEqual({ b: 1 });
    expect(operations.find(({ path }) => path === "log")).toMatchObject({ aside: { to: "log.1", entry: { content: big } } });
  });

  it("comes to what is wanted from anything that is there, in one go, without downloading what is here", () => {
    const parts = fc.constantFrom("a", "b", "c");
    const paths = fc.array(parts, { minLength: 1, maxLength: 3 }).map((list) => list.join("/"));
    const content: fc.Arbitrary<Content> = fc.oneof(
      { arbitrary: fc.tuple(fc.constantFrom("x", "y", "z", ""), fc.boolean()).map(([text, exec]) => file(text, exec)), weight: 4 },
      { arbitrary: fc.constant<Content>(DIR), weight: 2 },
      { arbitrary: fc.constant(link("t")), weight: 1 },
    );
    const trees = fc.dictionary(paths, content, { maxKeys: 10, noNullPrototype: true }).map(grown);
    fc.assert(
      fc.property(trees, trees, (before, after) => {
        const device = deviceWith(before, after);
        const operations = device.tick();
        expect(treeOf(device.disk.tree())).toEqual(treeOf(new Map(Object.entries(after).map(([path, content]) => [path, { content }]))));
        expect(treeOf(device.have)).toEqual(treeOf(device.want));
        const stays = Object.keys(before).filter((path) => JSON.stringify(before[path]) === JSON.stringify(after[path]));
        const here = new Set(stays.map((path) => hashOf(before[path]!)));
        const downloaded = operations.flatMap(({ op, path, entry: { content } }) => {
          // A folder that is in the way goes after the copies.
          return op === "download" && content.type === "file" && content.size > 0 && before[path]?.type !== "dir" ? [content.hash] : [];
        });
        expect(downloaded.filter((hash) => here.has(hash))).toEqual([]);
        expect(new Set(downloaded).size).toBe(downloaded.length);
      }),
      { numRuns: 1000, seed: SEED },
    );
  });
});

describe("a plan in a root that takes and does not tell", () => {
  const theirs = entry(y, { a: 1, b: 2 }, "b", 0);
  const mine = entry(x, { a: 2 }, "a", 1000);
  const name = "f.conflict-a-19700101T000001Z";

  it("leaves a local edit and a local deletion alone as long as nothing newer is wanted", () => {
    const told = entry(y, { b: 1 }, "b");
    expect(lines({ f: entry(x, { a: 1, b: 1 }) }, { f: told })).toEqual([]);
    expect(lines({ f: entry(GONE, { a: 1, b: 1 }) }, { f: told })).toEqual([]);
  });

  it("sets a local edit aside where it meets a newer version", () => {
    const { operations } = planned({ f: mine }, { f: theirs });
    expect(operations).toEqual([{ op: "download", path: "f", entry: theirs, aside: { to: name, entry: null } }]);
    expect(lines({ f: mine, [name]: entry(z, { a: 3 }) }, { f: theirs, [name]: entry(z, { a: 3 }) })).toEqual([
      `download f, f aside to ${name}-${x.hash.slice(0, 8)}`,
    ]);
    expect(lines({ f: entry(link("t"), { a: 2 }, "a", 1000) }, { f: theirs })).toEqual([`download f, f aside to ${name}`]);
  });

  it("keeps a local edit of what others deleted", () => {
    expect(lines({ f: mine }, { f: entry(GONE, { b: 2 }) })).toEqual([]);
  });

  it("makes folders whatever was done in their place, and holds a file back where a folder is its own", () => {
    expect(lines({ d: entry(GONE, { a: 2, b: 1 }) }, { d: entry(DIR, { b: 1 }), "d/x": x })).toEqual(["mkdir d", "download d/x"]);
    expect(lines({ f: entry(x, { a: 2, b: 1 }, "a", 1000) }, { f: entry(DIR, { b: 1 }) })).toEqual([`mkdir f, f aside to ${name}`]);
    expect(planned({ f: entry(DIR, { a: 2 }) }, { f: theirs })).toMatchObject({ operations: [], problems: [{ path: "f" }] });
  });
});

/** With the folders that it needs. */
function grown(tree: Readonly<Record<Path, Content>>): Record<Path, Content> {
  const all: Record<Path, Content> = { ...tree };
  for (const path of Object.keys(tree)) for (let folder = parentOf(path); folder !== ""; folder = parentOf(folder)) all[folder] = DIR;
  return all;
}

/** A device that has `before`, and wants `after` of which everything is in the bucket. */
function deviceWith(before: Readonly<Record<Path, Content>>, after: Readonly<Record<Path, Content>>): Device {
  const device = new Device("a", new Bucket());
  for (const [path, content] of Object.entries(before)) {
    device.disk.set(path, { content, mtimeMs: 0 });
    device.have.set(path, entry(content, { b: 1 }));
    device.want.set(path, entry(GONE, { b: 2 }));
  }
  for (const [path, content] of Object.entries(after)) {
    device.want.set(path, entry(content, { b: 2 }));
    const hash = hashOf(content);
    if (hash !== null) device.bucket.contents.add(hash);
  }
  return device;
}
