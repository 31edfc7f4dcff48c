import assert from "node:assert/strict";
import { test } from "node:test";
import { countWords } from "../src/words.mjs";

await test("words are counted whatever their case", () => {
  assert.deepEqual(countWords("One two, TWO; two. one"), [
    ["two", 3],
    ["one", 2],
  ]);
});

await test("a text without words has none", () => {
  assert.deepEqual(countWords("1 + 1 = 2"), []);
});
