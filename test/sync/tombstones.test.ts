import { describe, expect, it } from "vitest";
import { GONE } from "../../src/sync/content.js";
import { FORGET_AFTER_MS, mayForget } from "../../src/sync/tombstones.js";
import { entry, file } from "./entries.js";

const gone = entry(GONE, { a: 2, b: 1 }, "a", 1000);
const later = 1001 + FORGET_AFTER_MS;

describe("a deletion", () => {
  it.each([
    ["every device tells of it or has never heard of the path", [gone, { ...gone, vector: { b: 1, a: 2 } }, undefined], later, true],
    ["it is the only device", [gone], later, true],
    ["it is not 30 days old", [gone], later - 1, false],
    ["a device still has the file", [gone, entry(file("x"), { a: 1 })], later, false],
    ["a device has an older deletion", [gone, entry(GONE, { a: 2 })], later, false],
    ["a device has a newer deletion", [gone, entry(GONE, { a: 3, b: 1 })], later, false],
    ["a device has the file back", [gone, entry(file("x"), { a: 2, b: 1 })], later, false],
  ])("when %s", (_title, heads, now, forgotten) => {
    expect(mayForget(gone, heads, now)).toBe(forgotten);
  });

  it("is all that is ever forgotten", () => {
    expect(mayForget(entry(file("x"), { a: 1 }), [], later)).toBe(false);
  });
});
