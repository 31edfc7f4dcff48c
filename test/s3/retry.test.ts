import { describe, expect, it } from "vitest";
import { RETRY_TIMING, RetryBudget, type RetryClass, withRetries } from "../../src/adapters/s3/retry.js";
import { StoreError } from "../../src/sync/ports.js";
import { rejects } from "./bodies.js";

const QUICK = { ...RETRY_TIMING, firstMs: 1, maxMs: 4 };

function failing(retry: RetryClass, options: { budget?: RetryBudget; times?: number; maybeDone?: boolean; afterMs?: number } = {}) {
  const seen: boolean[] = [];
  const delays: number[] = [];
  const { times = Infinity, budget = new RetryBudget(), maybeDone = false } = options;
  const verdict = { error: new StoreError("offline", "failed"), retry, maybeDone, ...(options.afterMs && { afterMs: options.afterMs }) };
  const done = withRetries(
    async (before) => {
      seen.push(before);
      if (seen.length <= times) throw verdict.error;
      return "done";
    },
    { judge: () => verdict, budget, timing: QUICK, random: () => 1, onRetry: (_verdict, _tries, delayMs) => delays.push(delayMs) },
  );
  return { done, seen, delays };
}

describe("a failed request", () => {
  it.each([
    ["never", 1],
    ["silent", 2],
    ["cut", 5],
    ["busy", 6],
    ["clock", 3],
  ] as const)("of class %s is sent %i times in all", async (retry, times) => {
    const { done, seen } = failing(retry);
    await rejects("offline", done);
    expect(seen).toHaveLength(times);
  });

  it("is tried again after pauses that double, up to a limit, or as the server asks", async () => {
    const { done, delays } = failing("busy");
    await rejects("offline", done);
    expect(delays).toEqual([1, 2, 4, 4, 4]);
    const asked = failing("busy", { afterMs: 3, times: 1 });
    expect(await asked.done).toBe("done");
    expect(asked.delays).toEqual([3]);
    const tooLong = failing("busy", { afterMs: 3_600_000, times: 1 });
    await tooLong.done;
    expect(tooLong.delays).toEqual([4]);
  });

  it("is known to have been done perhaps, once that is so", async () => {
    const { done, seen } = failing("cut", { times: 2, maybeDone: true });
    expect(await done).toBe("done");
    expect(seen).toEqual([false, true, true]);
  });

  it("is not tried again when too many have failed since the last that did not", async () => {
    const budget = new RetryBudget(6);
    const all = Array.from({ length: 10 }, () => failing("busy", { budget }));
    await Promise.all(all.map(({ done }) => rejects("offline", done)));
    expect(all.reduce((sum, { seen }) => sum + seen.length, 0)).toBe(16);
    budget.giveBack();
    expect(await failing("busy", { budget, times: 5 }).done).toBe("done");
  });
});
