import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bump, compareVectors, counterOf, dominates, highestCounter, mergeVectors } from "../../src/sync/vector.js";
import { entry, file, vectors } from "./entries.js";

describe("a version vector", () => {
  it.each([
    [{}, {}, "equal"],
    [{ a: 1 }, {}, "after"],
    [{}, { a: 1 }, "before"],
    [{ a: 2, b: 1 }, { a: 1, b: 1 }, "after"],
    [{ a: 1, b: 1 }, { b: 1, a: 1 }, "equal"],
    [{ a: 1 }, { b: 1 }, "concurrent"],
    [{ a: 2, b: 1 }, { a: 1, b: 2 }, "concurrent"],
  ] as const)("%j against %j is %s", (a, b, order) => {
    expect(compareVectors(a, b)).toBe(order);
  });

  it("counts for devices that are named like something every object has", () => {
    expect(counterOf({}, "constructor")).toBe(0);
    expect(bump({}, "toString")).toEqual({ toString: 1 });
    expect(compareVectors({ constructor: 1 }, {})).toBe("after");
    expect(mergeVectors({ a: 1 }, { valueOf: 2 })).toEqual({ a: 1, valueOf: 2 });
  });

  it("grows with a change, and never to a counter that was given before", () => {
    expect(bump({ a: 3, b: 1 }, "a")).toEqual({ a: 4, b: 1 });
    expect(bump({ a: 3 }, "a", 9)).toEqual({ a: 9 });
    expect(bump({ a: 9 }, "a", 3)).toEqual({ a: 10 });
  });

  it("tells how far a device got before its state was lost", () => {
    expect(highestCounter([entry(file("x"), { a: 3, b: 9 }), entry(file("y"), { b: 2, a: 7 })], "a")).toBe(7);
    expect(highestCounter([], "constructor")).toBe(0);
  });

  it("merges by a commutative, associative and idempotent rule to the least that has seen both", () => {
    fc.assert(
      fc.property(vectors, vectors, vectors, (a, b, c) => {
        const ab = mergeVectors(a, b);
        expect(ab).toEqual(mergeVectors(b, a));
        expect(mergeVectors(ab, c)).toEqual(mergeVectors(a, mergeVectors(b, c)));
        expect(mergeVectors(ab, b)).toBe(ab);
        expect(dominates(ab, a) && dominates(ab, b)).toBe(true);
        if (dominates(c, a) && dominates(c, b)) expect(dominates(c, ab)).toBe(true);
      }),
    );
  });
});
