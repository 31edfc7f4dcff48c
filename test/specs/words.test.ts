import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitWords } from "../../src/services/spec/words.js";

/** What the shell of this machine makes of the same text. */
function shellWords(text: string): string[] {
  const output = execFileSync("/bin/sh", ["-c", `printf '%s\\0' ${text}`], { encoding: "utf8" });
  return output.split("\0").slice(0, -1);
}

describe("a command is split as a POSIX shell splits words", () => {
  it.each([
    ["./api --port 80", ["./api", "--port", "80"]],
    ["  a \t b  ", ["a", "b"]],
    ["a 'b c' d", ["a", "b c", "d"]],
    ['a "b  c"', ["a", "b  c"]],
    ["a b\\ c", ["a", "b c"]],
    ["a ''", ["a", ""]],
    ['a ""x', ["a", "x"]],
    ["a 'it'\\''s'", ["a", "it's"]],
    ['a "say \\"hi\\""', ["a", 'say "hi"']],
    ['a "\\$HOME \\n \\\\"', ["a", "$HOME \\n \\"]],
    ["a 'b\\c'", ["a", "b\\c"]],
    ['a \\\\\\\\"x"', ["a", "\\\\x"]],
    ["a \\\n b", ["a", "b"]],
    ["sh -c 'a | b > c && d; e'", ["sh", "-c", "a | b > c && d; e"]],
    ["grep '|' \\; \">\"", ["grep", "|", ";", ">"]],
    ["curl http://x/?a=1&b=2", ["curl", "http://x/?a=1&b=2"]],
    ["find . -exec rm {} \\;", ["find", ".", "-exec", "rm", "{}", ";"]],
    ["env A=1 prog", ["env", "A=1", "prog"]],
  ])("%j", (text, words) => {
    expect(splitWords(text)).toEqual({ ok: true, words });
  });

  it("agrees with /bin/sh on any mix of quotes, backslashes and blanks", () => {
    const piece = fc.constantFrom(
      "a",
      "B1",
      " ",
      "  ",
      "\\\\",
      "\\'",
      '\\"',
      "\\ ",
      "'x y'",
      "'\\'",
      '"p q"',
      '"\\""',
      '"\\\\"',
      '"\\x"',
      '"\'"',
      "''",
      "-",
      "=",
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const text = `w ${pieces.join("")}`;
        expect(splitWords(text)).toEqual({ ok: true, words: shellWords(text) });
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ["a 'b", "single quote is not closed"],
    ['a "b', "double quote is not closed"],
    ['a "b\\"', "double quote is not closed"],
    ["a b\\", "ends in a backslash"],
    ["", "is empty"],
    ["   ", "is empty"],
    ["a\nb", "several lines"],
    ["A=1 prog", "variable assignment"],
  ])("%j is refused: %s", (text, why) => {
    const result = splitWords(text);
    expect(result.ok ? "" : result.what).toContain(why);
  });

  it.each([
    "a | b",
    "a > f",
    "a >f",
    "a 2>&1",
    "a 2>/dev/null",
    "a < f",
    "a << E",
    "a && b",
    "a || b",
    "a; b",
    "a ; b",
    "a &",
    "( a )",
    "a `b`",
    "a $(b)",
    "a &> f",
  ])("%j needs a shell, and the fix says how to have one", (text) => {
    const result = splitWords(text);
    expect(result).toMatchObject({ ok: false, fix: "use: sh -c '...'" });
  });
});
