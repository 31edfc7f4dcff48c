import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSpec } from "../../src/services/spec/parse.js";
import { bad, FILE, good, host, native } from "./host.js";

const bomb = `a: &a [x, x]\n${"bcdefghij"
  .split("")
  .map((key, index) => `${key}: &${key} [*${"abcdefghij"[index]}, *${"abcdefghij"[index]}]`)
  .join("\n")}\n`;

const rows: readonly [string, string | Uint8Array, string][] = [
  ["an empty file", "", "api.yaml: the file is empty; write a service: block"],
  ["only comments", "# nothing\n", "api.yaml: the file is empty; write a service: block"],
  ["an empty document", "---\n", "api.yaml: the file is empty; write a service: block"],
  ["a list", "- a\n", "api.yaml:1: is not a map of keys; start with service:"],
  ["a word", "\n\nhello\n", "api.yaml:3: is not a map of keys; start with service:"],
  ["two documents", "a: 1\n---\nb: 2\n", "api.yaml:2: a second document starts; write one service a file"],
  ["a tab", "service:\n\tname: a\n", "api.yaml:2: a tab indents this line; indent with spaces"],
  [
    "an open bracket",
    native("env: {A: 1\n"),
    "api.yaml:5: the indentation does not fit, or a bracket is not closed; align it with the keys beside it",
  ],
  [
    "an open quote",
    native('env:\n  A: "x\n'),
    "api.yaml:6: a quote, bracket, comma or colon is missing; close it, or put the whole value in quotes",
  ],
  [
    "a crooked indentation",
    "service:\n  name: a\n type: native\n",
    "api.yaml:3: the indentation does not fit, or a bracket is not closed; align it with the keys beside it",
  ],
  ["a second colon", "service: name: a\n", 'api.yaml:1: a second ": " stands in the value; put the value in quotes'],
  ["a key twice", native("env: {A: 1}\nenv: {B: 2}\n"), "api.yaml:6: the key env stands here a second time; keep one of the two"],
  ["an anchor", native("env: &e {A: 1}\n"), "api.yaml:5: YAML anchors and aliases are not supported; write the value out"],
  ["an unknown alias", native("env: *e\n"), "api.yaml:5: YAML anchors and aliases are not supported; write the value out"],
  ["a billion laughs", bomb, "api.yaml:1: YAML anchors and aliases are not supported; write the value out"],
  ["a tag", native("env: {A: !!binary aGk=}\n"), "api.yaml:5: YAML tags (!name) are not supported; remove the tag"],
  ["a directive", "%FOO bar\n---\na: 1\n", "api.yaml:1: YAML directives (%NAME) are not supported; remove the line"],
  [
    "a reserved character",
    native("env: {A: @x}\n"),
    "api.yaml:5: the value starts with a character that YAML reserves; put the value in quotes",
  ],
  ["a map as a key", "? {a: 1}\n: 2\n", "api.yaml:1: this key is not plain text; write KEY: VALUE"],
  ["a key of the language", "__proto__: {a: 1}\n", "api.yaml:1: this key is not plain text; write KEY: VALUE"],
  ["a NUL escape", native('env: {A: "a\\0b"}\n'), "api.yaml:5: the value contains a NUL character; remove it"],
  ["a NUL byte", "a: \0\n", "api.yaml: the file is binary, not text; write the spec as YAML text"],
  ["deep nesting", `a: ${"[".repeat(40)}${"]".repeat(40)}\n`, "api.yaml:1: the nesting is too deep; a spec has at most four levels"],
  ["very deep nesting", "{".repeat(100_000), "api.yaml:1: this is not valid YAML; check the indentation, quotes and brackets here"],
  ["Latin-1", Buffer.from("service: {name: caf\u00e9}\n", "latin1"), "api.yaml: the file is not UTF-8 text; save it as UTF-8"],
  ["UTF-16", Buffer.from("\uFEFFservice:\n", "utf16le"), "api.yaml: the file is not UTF-8 text; save it as UTF-8"],
  [
    "a megabyte of garbage",
    "x: [\n".repeat(200_000),
    "api.yaml: the file is larger than 128KB; a spec describes one service; is it the right file?",
  ],
];

describe("what is not a spec at all gets one clear line", () => {
  it.each(rows)("%s", (_, text, message) => {
    expect(bad(text)).toEqual([message]);
  });

  it("random text and bytes never throw, and say why on one line each", () => {
    const yamlish = fc
      .array(
        fc.constantFrom(
          "service:",
          "name: a",
          "type: native",
          "command:",
          "health",
          ": ",
          "\n",
          "\n  ",
          "- ",
          "[",
          "]",
          "{",
          "}",
          "'",
          '"',
          "|",
          ">",
          "&a",
          "*a",
          "#",
          "\t",
          "$X",
          "~",
          "1",
          "é",
          "\r\n",
          "? ",
          "!x",
          "%",
          "<<: ",
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(""));
    const input = fc.oneof(yamlish, fc.string({ unit: "binary", maxLength: 200 }), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(input, (text) => {
        const parsed = parseSpec(text, FILE, host);
        if (parsed.ok) return;
        expect(parsed.errors.length).toBeGreaterThan(0);
        for (const { message } of parsed.errors) expect(message).toMatch(/^api\.yaml(:\d+)?: [^\p{Cc}]+; [^\p{Cc}]+$/u);
      }),
      { numRuns: 1500 },
    );
  });

  it("random values under known keys never throw", () => {
    const key = fc.constantFrom(
      "service",
      "network",
      "health",
      "restart",
      "env",
      "secrets",
      "volumes",
      "args",
      "dependencies",
      "stop",
      "log",
      "umask",
      "routing",
      "command",
      "name",
      "type",
      "after",
      "port",
      "path",
      "interval",
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom("native", "http", "10s", "a"),
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree, { maxKeys: 8 }), (document) => {
        expect(() => parseSpec(JSON.stringify(document), FILE, host)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

it("a trailing document marker is not a second document", () => {
  expect(good(`---\n${native()}...\n`).name).toBe("api");
});
