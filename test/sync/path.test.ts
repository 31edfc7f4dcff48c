import { describe, expect, it } from "vitest";
import { isBelow, nameOf, parentOf, pathProblem } from "../../src/sync/path.js";

describe("a path of a root", () => {
  it.each([
    "a",
    "a/b",
    ".bashrc",
    "...",
    "a..",
    "..a/b",
    "a b",
    "line\nbreak",
    "🦀",
    "e\u0301",
    "x".repeat(255),
    "a/.aura",
    "aura",
    "\\..\\x",
    "C:",
    "trailing. ",
  ])("may be %j", (path) => {
    expect(pathProblem(path)).toBeNull();
  });

  it.each([
    ["", "is empty"],
    ["/etc/passwd", "is absolute"],
    ["..", "has a part .."],
    ["a/../../b", "has a part .."],
    ["./a", "has a part ."],
    ["a//b", "has an empty part"],
    ["a/", "has an empty part"],
    ["a\0b", "has a NUL in it"],
    ["a\ud800b", "is no well-formed Unicode"],
    [".aura", "is in .aura, which is not synced"],
    [".aura/root.toml", "is in .aura, which is not synced"],
    [".AuRa/trash/x", "is in .aura, which is not synced"],
    [".au\u200cra/x", "is in .aura, which is not synced"],
  ])("may not be %j: it %s", (path, problem) => {
    expect(pathProblem(path)).toBe(problem);
  });

  it("has a folder and a name", () => {
    expect([parentOf("a/b/c"), parentOf("a"), parentOf("")]).toEqual(["a/b", "", ""]);
    expect([nameOf("a/b/c"), nameOf("a")]).toEqual(["c", "a"]);
    expect([isBelow("a/b", "a"), isBelow("a/b/c", "a"), isBelow("ab", "a"), isBelow("a", "a"), isBelow("a", "")]).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});
