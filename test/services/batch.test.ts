import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batch, deliveryPause, MOST } from "../../src/services/batch.js";
import { makeTransition } from "./make.js";

const row = (length: number) => Array.from({ length }, (_, index) => makeTransition("api", index + 1));

describe("what one signal carries of a row of transitions", () => {
  it("is the row itself as long as it is short", () => {
    expect(batch(row(MOST))).toEqual(row(MOST));
  });

  it("keeps the beginning, the end and the order, loses none of the count, and stays small", () => {
    fc.assert(
      fc.property(fc.nat(500), fc.array(fc.nat(499), { maxLength: 5 }), (length, summed) => {
        const transitions = row(length).map((each, index) => (summed.includes(index) ? { ...each, repeats: 7 } : each));
        const sent = batch(transitions);
        const count = (all: typeof sent) => all.reduce((sum, { repeats }) => sum + (repeats ?? 1), 0);
        expect(sent.length).toBeLessThanOrEqual(MOST);
        expect(count(sent)).toBe(count(transitions));
        expect(sent.map(({ seq }) => seq)).toEqual([...new Set(sent.map(({ seq }) => seq))].toSorted((a, b) => a - b));
        expect(sent.at(0)).toEqual(transitions.at(0));
        expect(sent.at(-1)).toEqual(transitions.at(-1));
      }),
    );
  });

  it("can be repeated: what was summed up once is summed up again without losing any", () => {
    const once = batch(row(300));
    const again = batch([...once, ...row(300).map((each) => ({ ...each, seq: each.seq + 300 }))]);
    expect(again.reduce((sum, { repeats }) => sum + (repeats ?? 1), 0)).toBe(600);
  });
});

describe("the pause before the next delivery", () => {
  it("is none for the first ones, then grows to half a minute and stays there", () => {
    expect([0, 4, 5, 6, 9, 10, 2000].map(deliveryPause)).toEqual([0, 0, 1000, 2000, 16_000, 30_000, 30_000]);
  });
});
