import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absorb } from "../../src/sync/absorb.js";
import { SEED } from "./seed.js";

describe("a new manifest", () => {
  it.each([
    [1, [], []],
    [1, [1000], []],
    [1, [2], [2]],
    [1, [3], []],
    [1, [2, 6], [2, 6]],
    [1, [2, 7], [2]],
    [1, [1, 1, 100_000], [1, 1]],
    [50_000, [1, 100_000], [1, 100_000]],
    [0, [], []],
    [0, [0, 5], [0]],
  ])("with %i entries on bases of %j takes in %j", (own, sizes, taken) => {
    const bases = sizes.map((entries, i) => ({ key: `base${i}`, entries }));
    const { absorbed, bases: kept } = absorb(own, bases);
    expect(absorbed).toEqual(bases.slice(0, taken.length).map(({ key }) => key));
    expect([...absorbed, ...kept]).toEqual(bases.map(({ key }) => key));
  });

  it("keeps bases few and writes little, however many changes there are", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 300 }), (changes) => {
        let bases: { key: string; entries: number }[] = [{ key: "first", entries: 100_000 }];
        let written = 0;
        for (const [i, own] of changes.entries()) {
          const sizes = new Map(bases.map(({ key, entries }) => [key, entries]));
          const { absorbed, bases: kept } = absorb(own, bases);
          const entries = own + absorbed.reduce((sum, key) => sum + sizes.get(key)!, 0);
          bases = [{ key: `m${i}`, entries }, ...kept.map((key) => ({ key, entries: sizes.get(key)! }))];
          written += entries;
          expect(bases.length).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(100_000 + 50 * 300)));
          for (const [n, base] of bases.entries()) if (n > 0) expect(base.entries).toBeGreaterThan(2 * bases[n - 1]!.entries);
        }
        const total = changes.reduce((sum, own) => sum + own, 0);
        expect(written).toBeLessThanOrEqual(total * (2 + Math.log2(total + 1)));
      }),
      { numRuns: 50, seed: SEED },
    );
  });
});
