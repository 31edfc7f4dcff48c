import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Debounce } from "../../src/adapters/roots/debounce.js";

describe("a debounce", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function gather(quietMs = 100) {
    const told: { at: number; folders: readonly string[] | "all" }[] = [];
    const debounce = new Debounce(quietMs, (folders) => told.push({ at: performance.now() - from, folders }));
    const from = performance.now();
    return { told, debounce };
  }

  it("tells each folder once, a quiet period after the last event", () => {
    const { told, debounce } = gather();
    for (const folder of ["a", "b", "a"]) {
      debounce.touched(folder);
      vi.advanceTimersByTime(70);
    }
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([{ at: 240, folders: ["a", "b"] }]);
  });

  it("tells at most twenty quiet periods after the first", () => {
    const { told, debounce } = gather();
    for (let n = 0; n < 50; n++) {
      debounce.touched(`f${n}`);
      vi.advanceTimersByTime(50);
    }
    vi.advanceTimersByTime(1000);
    expect(told.map(({ at }) => at)).toEqual([2000, 2550]);
    expect(told.flatMap(({ folders }) => folders)).toEqual(Array.from({ length: 50 }, (_, n) => `f${n}`));
  });

  it("says all when something was missed, or when there are too many to name", () => {
    const { told, debounce } = gather();
    debounce.touched("a");
    debounce.all();
    debounce.touched("b");
    vi.advanceTimersByTime(1000);
    for (let n = 0; n < 5000; n++) debounce.touched(`f${n}`);
    vi.advanceTimersByTime(1000);
    debounce.touched("c");
    vi.advanceTimersByTime(1000);
    expect(told.map(({ folders }) => folders)).toEqual(["all", "all", ["c"]]);
  });

  it("says nothing once it is closed", () => {
    const { told, debounce } = gather();
    debounce.touched("a");
    debounce.close();
    debounce.touched("b");
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([]);
  });
});
