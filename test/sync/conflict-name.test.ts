import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conflictName, freeConflictName } from "../../src/sync/conflict-name.js";
import { pathProblem } from "../../src/sync/path.js";
import { entry, file, link } from "./entries.js";

const MTIME = Date.UTC(2026, 10, 21, 13, 58, 0, 987);
const loser = entry(file("x"), { laptop: 1 }, "laptop", MTIME);
const SIGN = ".conflict-laptop-20261121T135800Z";

describe("the name of a conflict copy", () => {
  it.each([
    ["a.txt", `a${SIGN}.txt`],
    ["notes/a.txt", `notes/a${SIGN}.txt`],
    ["v1.2/read me", `v1.2/read me${SIGN}`],
    ["a.tar.gz", `a.tar${SIGN}.gz`],
    ["Makefile", `Makefile${SIGN}`],
    [".bashrc", `.bashrc${SIGN}`],
    [".config.json", `.config${SIGN}.json`],
    ["a.", `a.${SIGN}`],
    ["a..", `a..${SIGN}`],
    ["..a", `.${SIGN}.a`],
    ["line\nbreak.md", `line\nbreak${SIGN}.md`],
    ["🦀.rs", `🦀${SIGN}.rs`],
  ])("of %j is %j", (path, expected) => {
    expect(conflictName(path, loser)).toBe(expected);
  });

  it("is cut before the sign, at a whole character, where a name may not be longer", () => {
    const suffix = Buffer.byteLength(`${SIGN}.txt`);
    expect(conflictName(`${"a".repeat(251)}.txt`, loser)).toBe(`${"a".repeat(255 - suffix)}${SIGN}.txt`);
    const crabs = conflictName(`d/${"🦀".repeat(62)}.txt`, loser);
    expect(crabs).toBe(`d/${"🦀".repeat(Math.floor((255 - suffix) / 4))}${SIGN}.txt`);
    expect(conflictName(`a.${"e".repeat(253)}`, loser)).toBe(`a.${"e".repeat(253 - SIGN.length)}${SIGN}`);
  });

  it("of a copy that loses its very name carries the content's mark", () => {
    const copy = conflictName("a.txt", loser);
    expect(conflictName(copy, loser)).toBe(`a${SIGN}-${file("x").hash.slice(0, 8)}.txt`);
    expect(conflictName(copy, { ...loser, content: link("t") })).toMatch(/Z-[0-9a-f]{8}\.txt$/);
    expect(conflictName(conflictName("a", { ...loser, by: "my.laptop" }), loser)).toBe(`a.conflict-my.laptop-20261121T135800Z${SIGN}`);
    expect(conflictName(copy, { ...loser, by: "desk" })).toBe(`a${SIGN}.conflict-desk-20261121T135800Z.txt`);
  });

  it("that is taken here is followed by free ones", () => {
    const taken = new Set<string>();
    for (let n = 0; n < 4; n++) taken.add(freeConflictName("a.txt", loser, (path) => taken.has(path)));
    expect(taken.size).toBe(4);
    expect([...taken][0]).toBe(`a${SIGN}.txt`);
  });

  it("is a name that any file system takes, beside the path and other than it, for any path and time", () => {
    const piece = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((name) => !/[/\0]/.test(name));
    const part = fc
      .tuple(piece, fc.integer({ min: 1, max: 30 }), fc.string({ maxLength: 5, unit: fc.constantFrom(".", "x") }))
      .map(([text, times, end]) => text.repeat(times) + end);
    fc.assert(
      fc.property(
        part,
        fc.integer(),
        fc.string({ unit: fc.constantFrom("a", "-", "."), minLength: 1, maxLength: 63 }),
        (name, mtimeMs, by) => {
          const path = `folder/${name}`;
          const copy = conflictName(path, { ...loser, by: `z${by}`, mtimeMs });
          expect(copy.startsWith("folder/")).toBe(true);
          expect(copy).not.toBe(path);
          expect(Buffer.byteLength(copy.slice(7))).toBeLessThanOrEqual(255);
          if (pathProblem(path) === null) expect(pathProblem(copy)).toBeNull();
          expect(conflictName(copy, { ...loser, by: `z${by}`, mtimeMs })).not.toBe(copy);
        },
      ),
    );
  });
});
