import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatIndex,
  formatMark,
  marksFrom,
  MAX_MARKS,
  offsetAt,
  parseIndex,
  thin,
  type Mark,
} from "../../src/adapters/service-logs/index-file.js";

const marks: Mark[] = [
  [1000, 10],
  [2000, 20],
  [3000, 30],
];

describe("the sidecar", () => {
  it("reads back what was written, with appended marks and a torn last line", () => {
    const pending = { from: 4096, to: 8192, how: "collapse" as const, next: { length: 3, sha1: "ab" } };
    const text = formatIndex({ base: 4096, start: 4096, pending, marks }) + `${formatMark([4000, 40])}\n[5000,5`;
    expect(parseIndex(text)).toEqual({ base: 4096, start: 4096, pending, marks: [...marks, [4000, 40]] });
  });

  it.each(["", "{", "[]", '{"v":2,"base":0,"start":0}', '{"v":1,"base":-1,"start":0}', '{"v":1,"base":5,"start":0}'])(
    "is nothing with the header %j",
    (header) => expect(parseIndex(`${header}\n[1,2]\n`)).toBeUndefined(),
  );

  it.each([
    ["before the first mark everything may count", 500, 0],
    ["between two marks the earlier one", 2500, 20],
    ["at a mark that mark", 2000, 20],
    ["after the last mark the last", 9000, 30],
  ])("%s", (_title, time, offset) => expect(offsetAt(marks, time)).toBe(offset));

  it("rather shows a line too many when the clock was set back", () => {
    expect(
      offsetAt(
        [
          [1000, 10],
          [5000, 20],
          [2000, 30],
        ],
        3000,
      ),
    ).toBe(10);
  });

  it("never skips text that was written at or after the time, for any sequence of sweeps", () => {
    const steps = fc.array(fc.tuple(fc.nat(5000), fc.nat(100)), { maxLength: 50 });
    fc.assert(
      fc.property(steps, fc.nat(100_000), (gaps, since) => {
        let time = 0;
        let offset = 0;
        const all = gaps.map(([later, more]): Mark => [(time += later), (offset += more)]);
        const from = offsetAt(all, since);
        // Text up to a mark was written before it; text behind `from` is what is shown.
        for (const [at, end] of all) if (end > from) expect(at).toBeGreaterThan(since);
        for (const [at, end] of all) if (at <= since) expect(end).toBeLessThanOrEqual(from);
      }),
    );
  });

  it("stays small: the older the coarser, the newest untouched", () => {
    let all: Mark[] = [];
    for (let i = 0; i < 10_000; i++) all = thin([...all, [i, i]]);
    expect(all.length).toBeLessThanOrEqual(MAX_MARKS);
    expect(all.slice(-400)).toEqual(Array.from({ length: 400 }, (_, i) => [9600 + i, 9600 + i]));
    expect(all[0]![0]).toBeLessThan(5000);
  });

  it("forgets marks of text that is gone, but for the last one before it", () => {
    expect(marksFrom(marks, 25)).toEqual([
      [2000, 20],
      [3000, 30],
    ]);
    expect(marksFrom(marks, 99)).toEqual([[3000, 30]]);
    expect(marksFrom([], 5)).toEqual([]);
  });
});
