import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { trimMemory } from "../../src/adapters/process/trim-memory.js";
import { AfterTicks } from "../../src/worker/after-ticks.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("memory is given back half a minute after a tick, once for all ticks until then, and not while nothing ticks", () => {
  let trims = 0;
  const after = new AfterTicks(() => void trims++);
  after.ticked();
  vi.advanceTimersByTime(29_000);
  after.ticked();
  expect(trims).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(trims).toBe(1);
  vi.advanceTimersByTime(3_600_000);
  expect(trims).toBe(1);
  after.ticked();
  after.close();
  vi.advanceTimersByTime(3_600_000);
  expect(trims).toBe(1);
});

it("memory that the C library keeps can be asked for, whichever that is", () => {
  trimMemory();
  trimMemory();
});
