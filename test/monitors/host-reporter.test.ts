import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HostReporter } from "../../src/monitors/host-reporter.js";
import type { Snapshot } from "../../src/services/snapshot.js";
import { silentLog } from "../../src/shared/log.js";
import { makeSnapshot } from "../services/make.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const running = (name: string, pid: number): Snapshot =>
  makeSnapshot(name, { state: "running", ready: true, pid, generation: pid, orderSeq: 1 });
const backoff = (name: string, pid: number): Snapshot => makeSnapshot(name, { state: "backoff", generation: pid, orderSeq: 1 });

/** What the host workflow believes: the last snapshot that arrived of each service. */
class Workflow {
  readonly believes = new Map<string, Snapshot>();
  readonly signals: (readonly Snapshot[])[] = [];
  weather: () => "fine" | "lost" | "arrived, answer lost" = () => "fine";
  delayMs = 5;

  deliver = async (snapshots: readonly Snapshot[]): Promise<void> => {
    const weather = this.weather();
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    this.signals.push(snapshots);
    if (weather !== "lost") for (const snapshot of snapshots) this.believes.set(snapshot.name, snapshot);
    if (weather !== "fine") throw new Error("deadline exceeded");
  };
}

function start(workflow: Workflow, snapshots: readonly Snapshot[] = []): HostReporter {
  const reporter = new HostReporter(workflow.deliver, silentLog);
  reporter.attached(snapshots);
  for (const snapshot of snapshots) workflow.believes.set(snapshot.name, snapshot);
  return reporter;
}

describe("what the host workflow is told", () => {
  it("is a change at once, and the last of many that came together", async () => {
    const workflow = new Workflow();
    const reporter = start(workflow, [backoff("api", 1)]);
    reporter.changed(running("api", 1));
    await vi.advanceTimersByTimeAsync(6);
    expect(workflow.believes.get("api")).toMatchObject({ state: "running" });
    for (let pid = 2; pid <= 20; pid++) {
      reporter.changed(backoff("api", pid));
      reporter.changed(makeSnapshot("api", { state: "failed", finished: true, generation: pid, orderSeq: 1 }));
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(workflow.signals).toHaveLength(2);
    expect(workflow.believes.get("api")).toMatchObject({ state: "failed", generation: 20 });
  });

  it("is nothing when nothing changes, and nothing but now and then a new pid when a service restarts quickly", async () => {
    const workflow = new Workflow();
    const reporter = start(workflow, [running("api", 1), running("web", 1)]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(workflow.signals).toEqual([]);
    reporter.changed(backoff("api", 1));
    reporter.changed(running("api", 2));
    await vi.advanceTimersByTimeAsync(500);
    expect(workflow.signals).toEqual([]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(workflow.signals).toEqual([[running("api", 2)]]);
  });

  it("is what is true in the end of a crash loop, in few signals", async () => {
    const workflow = new Workflow();
    const reporter = start(workflow, [running("api", 1)]);
    for (let pid = 1; pid <= 3000; pid++) {
      reporter.changed(backoff("api", pid));
      await vi.advanceTimersByTimeAsync(60);
      reporter.changed(running("api", pid + 1));
      await vi.advanceTimersByTimeAsync(40); // ten crashes a second, five minutes long
    }
    expect(workflow.signals.length).toBeLessThan(40);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflow.believes.get("api")).toEqual(running("api", 3001));
  });

  it("is at once that a loop has ended for good, and what an order brought about", async () => {
    const workflow = new Workflow();
    const reporter = start(workflow, [running("api", 1)]);
    for (let pid = 1; pid <= 100; pid++) {
      reporter.changed(backoff("api", pid));
      await vi.advanceTimersByTimeAsync(100);
    }
    const failed = makeSnapshot("api", { state: "failed", finished: true, orderSeq: 1 });
    reporter.changed(failed);
    await vi.advanceTimersByTimeAsync(20);
    expect(workflow.believes.get("api")).toEqual(failed);
    const ordered = { ...running("api", 200), orderSeq: 2 };
    reporter.changed(ordered);
    await vi.advanceTimersByTimeAsync(20);
    expect(workflow.believes.get("api")).toEqual(ordered);
  });

  it("waits while there is no connection and is not more than one signal afterwards", async () => {
    const workflow = new Workflow();
    const reporter = new HostReporter(workflow.deliver, silentLog);
    for (let pid = 1; pid <= 500; pid++) {
      reporter.changed(backoff("api", pid));
      reporter.changed(running("web", pid));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(workflow.signals).toEqual([]);
    reporter.attached([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(workflow.signals.length).toBeLessThanOrEqual(2);
    expect([...workflow.believes.values()]).toEqual([backoff("api", 500), running("web", 500)]);
  });

  it("is told again when an attach signal was overtaken by an older report", async () => {
    const workflow = new Workflow();
    const reporter = start(workflow, [running("api", 1)]);
    workflow.delayMs = 1000;
    const old = makeSnapshot("api", { state: "failed", finished: true, orderSeq: 1 });
    const now = { ...running("api", 2), orderSeq: 2 };
    reporter.changed(old);
    await vi.advanceTimersByTimeAsync(100); // on its way
    reporter.changed(now);
    reporter.attached([now]);
    workflow.believes.set("api", now);
    workflow.delayMs = 5;
    await vi.advanceTimersByTimeAsync(5000);
    expect(workflow.believes.get("api")).toEqual(now);
  });

  it("comes in signals of bounded size", async () => {
    const workflow = new Workflow();
    const reporter = start(workflow);
    for (let index = 0; index < 1700; index++) reporter.changed(running(`s${index}`, 1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(workflow.believes.size).toBe(1700);
    expect(Math.max(...workflow.signals.map(({ length }) => length))).toBeLessThanOrEqual(500);
  });

  it("is in the end what is true, whatever failed, in whatever rhythm, with however many new connections", async () => {
    const happening = fc.record({
      who: fc.constantFrom("api", "web"),
      what: fc.constantFrom("running", "backoff", "failed", "starting", "attach", "pause"),
      weather: fc.constantFrom("fine" as const, "lost" as const, "arrived, answer lost" as const),
      thenMs: fc.constantFrom(0, 1, 7, 30, 300, 20_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 60 }), async (events) => {
        const workflow = new Workflow();
        const reporter = start(workflow);
        const truth = new Map<string, Snapshot>();
        let pid = 0;
        const attach = (): void => {
          const all = [...truth.values()];
          for (const snapshot of all) workflow.believes.set(snapshot.name, snapshot);
          reporter.attached(all);
        };
        for (const { who, what, weather, thenMs } of events) {
          pid += 1;
          workflow.weather = () => weather;
          if (what === "attach") attach();
          else if (what === "pause") reporter.pause();
          else {
            const snapshot = makeSnapshot(who, {
              state: what as Snapshot["state"],
              ready: what === "running",
              finished: what === "failed",
              pid: what === "running" ? pid : null,
              generation: pid,
            });
            truth.set(who, snapshot);
            reporter.changed(snapshot);
          }
          await vi.advanceTimersByTimeAsync(thenMs);
        }
        workflow.weather = () => "fine";
        attach();
        await vi.advanceTimersByTimeAsync(120_000);
        const sameToIt = ({ state, ready, finished }: Snapshot): unknown => [state === "starting" ? "backoff" : state, ready, finished];
        for (const [name, snapshot] of truth) expect(sameToIt(workflow.believes.get(name)!)).toEqual(sameToIt(snapshot));
        // And it is quiet then.
        const before = workflow.signals.length;
        await vi.advanceTimersByTimeAsync(3_600_000);
        expect(workflow.signals.length).toBe(before);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
