import { ActivityCancellationDetails } from "@temporalio/common";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { describe, expect, it } from "vitest";
import { createSyncRootActivities, type SyncRootPorts } from "../../src/activities/sync-root.js";
import { AuraError } from "../../src/shared/errors.js";
import type { TickRequest } from "../../src/sync/tick.js";
import { makeRecord, makeReport } from "../sync/make-record.js";

const many = (n: number): string[] => Array.from({ length: n }, (_, index) => `${index}`);
const order = { root_id: "work", tick_index: 3, request: { trigger: "watcher", folders: ["a"] } } as const;

function ports(more: Partial<SyncRootPorts>): SyncRootPorts {
  const not = async (): Promise<never> => {
    throw new AuraError("not_found", "host laptop has no sync root work", { fix: "did you mean wrok?" });
  };
  return { tick: async () => null, restore: not, gc: not, verify: not, log: not, ...more };
}

describe("the activities of a sync root", () => {
  it("hand the tick to the host, and cut its record to what fits a history", async () => {
    const asked: [string, number, TickRequest][] = [];
    const record = makeRecord({ sync: makeReport({ conflicts: many(50) }) });
    const { tickRoot } = createSyncRootActivities(
      ports({
        async tick(rootId, index, request) {
          asked.push([rootId, index, request]);
          return record;
        },
      }),
    );
    const result = await new MockActivityEnvironment().run(() => tickRoot(order));
    expect(asked).toEqual([["work", 3, order.request]]);
    expect(result).toEqual({ ...record, sync: { ...record.sync, conflicts: many(20) } });
  });

  it("tell that there is no such root", async () => {
    expect(await new MockActivityEnvironment().run(() => createSyncRootActivities(ports({})).tickRoot(order))).toBeNull();
  });

  it("heartbeat while they work", async () => {
    const env = new MockActivityEnvironment({ heartbeatTimeoutMs: 30 });
    const beats: unknown[] = [];
    env.on("heartbeat", (details: unknown) => beats.push(details));
    const tick: SyncRootPorts["tick"] = async () => {
      await expect.poll(() => beats.length).toBeGreaterThan(2);
      return makeRecord();
    };
    await env.run(() => createSyncRootActivities(ports({ tick })).tickRoot(order));
    const { length } = beats;
    await new Promise((resolve) => setTimeout(resolve, 50)); // nothing is awaited here but that nothing happens
    expect(beats).toHaveLength(length);
  });

  it("give a tick up that nobody wants any more", async () => {
    const env = new MockActivityEnvironment();
    const tick: SyncRootPorts["tick"] = (_, __, ___, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(makeRecord({ outcome: "error", error: "given up" })));
        env.cancel("CANCELLED", new ActivityCancellationDetails({ cancelRequested: true }));
      });
    expect(await env.run(() => createSyncRootActivities(ports({ tick })).tickRoot(order))).toMatchObject({ error: "given up" });
  });

  it("let a tick finish when its aurad is told to stop", async () => {
    const env = new MockActivityEnvironment();
    let aborted: boolean | undefined;
    const tick: SyncRootPorts["tick"] = async (_, __, ___, signal) => {
      env.cancel("WORKER_SHUTDOWN", new ActivityCancellationDetails({ workerShutdown: true }));
      await new Promise(setImmediate);
      aborted = signal.aborted;
      return makeRecord();
    };
    expect(await env.run(() => createSyncRootActivities(ports({ tick })).tickRoot(order))).toMatchObject({ outcome: "ok" });
    expect(aborted).toBe(false);
  });

  it("cut the lists of reports, and say how much is missing", async () => {
    const activities = createSyncRootActivities(
      ports({
        restore: async () => ({ manifest: "m", restored: many(25), unchanged: 1 }),
        gc: async () => ({ objects: many(30).map((key) => ({ key, size: 1 })), bytes: 30, uploads: 0, deleted: true }),
        verify: async () => ({ objects: 9, bytes: 9, bad: many(21).map((path) => ({ path, message: "bad", repaired: false })) }),
        log: async (_, limit) => [{ id: `${limit}`, device: "d", timeMs: 1, seq: 1 }],
      }),
    );
    const run = <T>(act: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(act);
    expect(await run(() => activities.restoreRoot("work", "a", { manifest: "m" }))).toMatchObject({
      restored: { length: 20 },
      left_out: 5,
      unchanged: 1,
    });
    const gc = await run(() => activities.collectRoot("work", { apply: true, window_ms: 1, history_ms: 2 }));
    expect(gc).toMatchObject({ objects: { length: 20 }, left_out: 10, bytes: 30 });
    expect(await run(() => activities.verifyRoot("work", { repair: true }))).toMatchObject({ bad: { length: 20 }, left_out: 1 });
    expect(await run(() => activities.manifestsOfRoot("work", 7))).toMatchObject([{ id: "7" }]);
  });

  it("fail with the code and the fix of what went wrong, once", async () => {
    const logger = new DefaultLogger("ERROR", () => {});
    const env = new MockActivityEnvironment({}, { logger });
    const run = env.run(() => createSyncRootActivities(ports({})).verifyRoot("work", { repair: false }));
    await expect(run).rejects.toMatchObject({
      type: "not_found",
      message: "host laptop has no sync root work",
      nonRetryable: true,
      details: ["did you mean wrok?"],
    });
  });
});
