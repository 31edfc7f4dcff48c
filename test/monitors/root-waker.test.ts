import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RootWaker } from "../../src/monitors/root-waker.js";
import { type Log, silentLog } from "../../src/shared/log.js";
import type { Wake } from "../../src/sync/schedule.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The root's workflow, as far as messages reach it. */
class Workflow {
  readonly told: (Wake | null)[] = [];
  away = false;

  deliver = async (wake: Wake | null): Promise<void> => {
    const { away } = this;
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (away) throw new Error("deadline exceeded");
    this.told.push(wake);
  };
}

async function announced(workflow: Workflow, log: Log = silentLog): Promise<RootWaker> {
  const waker = new RootWaker(workflow.deliver, log);
  waker.announce();
  await vi.advanceTimersByTimeAsync(10);
  expect(workflow.told.splice(0)).toEqual([null]);
  return waker;
}

const watched = (...folders: string[]): Wake => ({ trigger: "watcher", folders });

describe("a call for a tick", () => {
  it("reaches the workflow at once", async () => {
    const workflow = new Workflow();
    const waker = await announced(workflow);
    waker.wake(watched("a"));
    await vi.advanceTimersByTimeAsync(5);
    expect(workflow.told).toEqual([watched("a")]);
  });

  it("waits until there is a workflow to be told", async () => {
    const workflow = new Workflow();
    const waker = new RootWaker(workflow.deliver, silentLog);
    waker.wake(watched("a"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflow.told).toEqual([]);
    waker.announce();
    await vi.advanceTimersByTimeAsync(10);
    expect(workflow.told).toEqual([watched("a")]);
  });

  it("waits while a tick runs, and is one with all others by then", async () => {
    const workflow = new Workflow();
    const waker = await announced(workflow);
    waker.tickBegan();
    for (let n = 0; n < 100; n++) {
      waker.wake(watched(`f${n % 3}`));
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(workflow.told).toEqual([]);
    waker.tickEnded();
    await vi.advanceTimersByTimeAsync(5);
    expect(workflow.told).toEqual([watched("f0", "f1", "f2")]);
  });

  it("waits for the tick that the last one called for; but not for ever", async () => {
    const workflow = new Workflow();
    const waker = await announced(workflow);
    waker.wake(watched("a"));
    await vi.advanceTimersByTimeAsync(10);
    waker.wake(watched("b"));
    await vi.advanceTimersByTimeAsync(9000);
    expect(workflow.told).toEqual([watched("a")]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(workflow.told).toEqual([watched("a"), watched("b")]);
  });

  it("made while Temporal is away is one afterwards, with all that came meanwhile, and one line in the log", async () => {
    const workflow = new Workflow();
    const warnings: string[] = [];
    const waker = await announced(workflow, { ...silentLog, warn: (_, message) => void warnings.push(message) });
    workflow.away = true;
    for (let n = 0; n < 200; n++) {
      waker.wake(watched(`f${n % 4}`));
      await vi.advanceTimersByTimeAsync(300);
    }
    expect(workflow.told).toEqual([]);
    workflow.away = false;
    await vi.advanceTimersByTimeAsync(5010);
    expect(workflow.told).toHaveLength(1);
    expect(workflow.told[0]!.trigger).toBe("watcher");
    expect(workflow.told[0]!.folders!.toSorted()).toEqual(["f0", "f1", "f2", "f3"]);
    expect(warnings).toEqual(["cannot tell the root's workflow of changes; trying again"]);
  });

  it("is made again at once over a new connection", async () => {
    const workflow = new Workflow();
    const waker = await announced(workflow);
    workflow.away = true;
    waker.wake(watched("a"));
    await vi.advanceTimersByTimeAsync(10_000);
    workflow.away = false;
    waker.announce();
    await vi.advanceTimersByTimeAsync(10);
    expect(workflow.told).toEqual([watched("a")]);
  });

  it("is made no more once the root is closed", async () => {
    const workflow = new Workflow();
    const waker = await announced(workflow);
    workflow.away = true;
    waker.wake(watched("a"));
    await vi.advanceTimersByTimeAsync(100);
    waker.close();
    workflow.away = false;
    waker.wake(watched("b"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflow.told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is never lost, whatever happens between", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("wake" as const), folder: fc.integer({ min: 0, max: 9 }).map(String) }),
      fc.record({ do: fc.constantFrom("away", "back", "began", "ended", "connected"), ms: fc.integer({ min: 0, max: 3000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const workflow = new Workflow();
        const waker = await announced(workflow);
        const wanted = new Set<string>();
        for (const one of steps) {
          if (one.do === "wake") {
            wanted.add(one.folder);
            waker.wake(watched(one.folder));
          } else if (one.do === "away" || one.do === "back") workflow.away = one.do === "away";
          else if (one.do === "began") waker.tickBegan();
          else if (one.do === "ended") waker.tickEnded();
          else waker.announce();
          if ("ms" in one) await vi.advanceTimersByTimeAsync(one.ms);
        }
        workflow.away = false;
        waker.tickEnded();
        await vi.advanceTimersByTimeAsync(30_000);
        expect(new Set(workflow.told.flatMap((wake) => wake?.folders ?? []))).toEqual(wanted);
        waker.close();
      }),
      { numRuns: 200 },
    );
  });
});
