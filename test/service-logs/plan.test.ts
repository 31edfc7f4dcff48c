import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planRotation } from "../../src/adapters/service-logs/plan.js";

const BLOCK = 4096;

describe("the plan of a rotation", () => {
  it("leaves a log alone that is not over its size", () => {
    expect(planRotation({ start: 0, end: 100_000 }, 100_000, 5, BLOCK)).toEqual([]);
  });

  it("copies one piece of whole blocks when a little too much is there", () => {
    expect(planRotation({ start: 0, end: 100_001 }, 100_000, 5, BLOCK)).toEqual([{ to: 24 * BLOCK, copy: true }]);
  });

  it("gives up what the newer pieces would push out anyway, in one step", () => {
    expect(planRotation({ start: 0, end: 11 * BLOCK }, 2 * BLOCK, 2, BLOCK)).toEqual([
      { to: 6 * BLOCK, copy: false },
      { to: 8 * BLOCK, copy: true },
      { to: 10 * BLOCK, copy: true },
    ]);
  });

  it("keeps the newer half when nothing is copied", () => {
    expect(planRotation({ start: 0, end: 11 * BLOCK }, 10 * BLOCK, 0, BLOCK)).toEqual([{ to: 6 * BLOCK, copy: false }]);
  });

  it("for any log: cuts whole blocks in order, never the end, copies at most keep, and what stays fits", () => {
    const numbers = fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 3_000_000 }), fc.integer({ min: 1, max: 500_000 }), fc.nat(8));
    fc.assert(
      fc.property(numbers, ([startBlocks, length, maxSize, keep]) => {
        const start = startBlocks * BLOCK;
        const end = start + length;
        const pieces = planRotation({ start, end }, maxSize, keep, BLOCK);
        const ends = [start, ...pieces.map((piece) => piece.to)];
        ends.slice(1).forEach((to, i) => {
          expect((to - start) % BLOCK).toBe(0);
          expect(to).toBeGreaterThan(ends[i]!);
          expect(to).toBeLessThan(end);
          if (pieces[i]!.copy) expect(to - ends[i]!).toBeLessThanOrEqual(Math.max(maxSize, BLOCK));
        });
        expect(pieces.filter((piece) => piece.copy).length).toBeLessThanOrEqual(keep);
        // Files of less than a block cannot be cut smaller than one.
        expect(end - ends.at(-1)!).toBeLessThanOrEqual(Math.max(maxSize, BLOCK) + BLOCK);
      }),
    );
  });
});
