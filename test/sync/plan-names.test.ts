import { describe, expect, it } from "vitest";
import { DIR } from "../../src/sync/content.js";
import type { Path } from "../../src/sync/entry.js";
import { file, link } from "./entries.js";
import { lines, planned, type Tree } from "./planning.js";

const [x, y] = [file("x"), file("y")];
const CASE = { caseSensitive: false };
const [NFC, NFD] = ["caf\u00e9", "cafe\u0301"];

describe("a folder that takes names that differ in case for one", () => {
  it("puts the lesser of two names there and holds the other back", () => {
    const { operations, problems } = planned({}, { readme: x, README: y }, CASE);
    expect(operations.map(({ op, path }) => [op, path])).toEqual([["download", "README"]]);
    expect(problems).toEqual([
      { path: "readme", message: 'is held back: this folder does not tell it apart from "README"; rename one of them on another device' },
    ]);
  });

  it("leaves the name that is there, whichever it is", () => {
    expect(lines({ readme: x }, { readme: x, README: y }, CASE)).toEqual([]);
    expect(lines({ readme: x }, { readme: y, README: y }, CASE)).toEqual(["download readme"]);
  });

  it("holds all that is below a held folder, in one line", () => {
    const { operations, problems } = planned({}, { A: DIR, "A/1": x, a: DIR, "a/2": y, "a/b": DIR, "a/b/3": y }, CASE);
    expect(operations.map(({ path }) => path)).toEqual(["A", "A/1"]);
    expect(problems.map(({ path }) => path)).toEqual(["a"]);
  });

  it("puts the held name there once the other is gone", () => {
    expect(lines({ README: y }, { readme: x }, CASE)).toEqual(["move README to readme", "download readme"]);
    expect(lines({}, { README: null, readme: x }, CASE)).toEqual(["download readme"]);
  });

  it.each<[string, Tree, Tree, string[]]>([
    ["a file", { Readme: x }, { README: x }, ["move Readme to README"]],
    ["a file that changes too", { Readme: x }, { README: y }, ["move Readme to README", "download README"]],
    ["a file of which only the exec bit changes too", { Readme: x }, { README: file("x", true) }, ["move Readme to README", "exec README"]],
    ["a link", { L: link("t") }, { l: link("t") }, ["move L to l"]],
    ["a link that changes too", { L: link("t") }, { l: link("u") }, ["move L to l", "link l"]],
    ["a file that becomes a link", { L: x }, { l: link("t") }, ["move L to l", "link l"]],
    ["a folder", { D: DIR, "D/x": x, "D/y": y }, { d: DIR, "d/x": x, "d/y": y }, ["move D to d", "move D/x to d/x", "move D/y to d/y"]],
    [
      "a folder of which something goes",
      { D: DIR, "D/x": x, "D/y": y },
      { d: DIR, "d/y": y },
      ["move D to d", "move D/y to d/y", "remove D/x"],
    ],
    [
      "a folder within a folder",
      { D: DIR, "D/E": DIR },
      { d: DIR, "d/e": DIR, "d/f": DIR },
      ["move D to d", "move D/E to d/e", "mkdir d/f"],
    ],
    ["a file that becomes a folder", { D: x }, { d: DIR, "d/x": y }, ["remove D", "mkdir d", "download d/x"]],
    ["a folder that becomes a file", { D: DIR, "D/x": x }, { d: y }, ["remove D/x", "remove D", "download d"]],
  ])("renames %s whose name changes in case", (_title, have, want, expected) => {
    expect(lines(have, want, CASE)).toEqual(expected);
  });

  it("takes other names for what they are", () => {
    expect(planned({}, { [NFC]: x, [NFD]: y, "a/B": x, b: y }, CASE).problems).toEqual([]);
  });
});

describe("a folder that takes names that differ in normalisation for one", () => {
  const NORMAL = { normalizationSensitive: false };
  const both = { ...CASE, ...NORMAL };

  it.each<[string, Tree, object, Path[]]>([
    ["normalisation", { [NFC]: x, [NFD]: y }, NORMAL, [NFC]],
    ["normalisation and case", { [NFC.toUpperCase()]: x, [NFD]: y }, both, [NFD]],
    ["case alone", { [NFC.toUpperCase()]: x, [NFC]: y }, NORMAL, []],
  ])("holds back what differs in %s", (_title, want, more, held) => {
    expect(planned({}, want, more).problems.map(({ path }) => path)).toEqual(held);
  });

  it("renames what changes in normalisation only", () => {
    expect(lines({ [NFD]: x }, { [NFC]: x }, NORMAL)).toEqual([`move ${NFD} to ${NFC}`]);
  });
});
