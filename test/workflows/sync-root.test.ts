import { ApplicationFailure } from "@temporalio/common";
import { afterEach, describe, expect, inject, it } from "vitest";
import type { TickRecord } from "../../src/sync/control.js";
import { makeReport } from "../sync/make-record.js";
import { wakeSignal } from "../../src/workflows/root-messages.js";
import { missing } from "../support/components.js";
import { histories } from "../support/histories.js";
import { until } from "../support/until.js";
import { Held, ScriptedRoot } from "./scripted-root.js";

const HOUR = 3_600_000;

describe.skipIf(missing("temporal"))("the workflow of a sync root", () => {
  const roots: ScriptedRoot[] = [];

  afterEach(async () => {
    for (const root of roots.splice(0)) await root.end();
  });

  async function start(...args: ConstructorParameters<typeof ScriptedRoot>): Promise<ScriptedRoot> {
    const root = await new ScriptedRoot(...args).start();
    roots.push(root);
    return root;
  }

  async function ticks(root: ScriptedRoot, count: number): Promise<void> {
    const recent = async (): Promise<number> => (await root.roots.get(root.rootId)).recent_ticks.length;
    await until(async () => root.orders.length >= count && (await recent()) >= Math.min(count, 10));
  }

  it("ticks when aurad has opened the root, once however often that is told, and again for the next aurad", async () => {
    const root = await start();
    await root.attach();
    await root.attach();
    await ticks(root, 1);
    await root.attach({ interval_ms: 2 * HOUR });
    await root.attach({ boot: "2" });
    await ticks(root, 2);
    expect(root.orders).toEqual([0, 1].map((tick_index) => ({ root_id: "work", tick_index, request: { trigger: "startup" } })));
    expect(await root.roots.get("work")).toMatchObject({ interval_s: 3600, in_sync: true, online: true, ticking: false });
  });

  it("ticks for a change in the folders that changed, for a moved head in none", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    await root.signals.wake("work", { trigger: "watcher", folders: ["a", "b/c"] });
    await ticks(root, 2);
    await root.signals.wake("work", { trigger: "head-poll", folders: [] });
    await ticks(root, 3);
    await root.signals.wake("work", { trigger: "notice", folders: [] });
    await ticks(root, 4);
    expect(root.orders.slice(1).map(({ request }) => request)).toEqual([
      { trigger: "watcher", folders: ["a", "b/c"] },
      { trigger: "head-poll", folders: [] },
      { trigger: "notice", folders: [] },
    ]);
  });

  it("makes one tick of all that happens while one runs, and none of nothing", async () => {
    const root = await start();
    const held = new Held<TickRecord>();
    root.tick = () => held.wait();
    await root.attach();
    await until(() => held.held === 1);
    for (const folder of ["a", "b", "a", "c"]) await root.signals.wake("work", { trigger: "watcher", folders: [folder] });
    await root.signals.wake("work", { trigger: "head-poll", folders: [] });
    expect(await root.roots.get("work")).toMatchObject({ ticking: true, last_tick: null, next_tick_at: null });
    held.release(root.record(root.orders[0]!));
    await until(() => held.held === 1);
    expect(root.orders[1]!.request).toEqual({ trigger: "watcher", folders: ["a", "b", "c"] });
    held.release(root.record(root.orders[1]!));
    await ticks(root, 2);
    expect(root.orders).toHaveLength(2);
  });

  it("ticks once an interval, which begins anew with every tick", { timeout: 30_000 }, async () => {
    const root = await start();
    await root.attach({ interval_ms: 1500 });
    await ticks(root, 3);
    expect(root.triggers.slice(0, 3)).toEqual(["startup", "interval", "interval"]);
    const times = (await root.roots.get("work")).recent_ticks.map(({ started_at }) => Date.parse(started_at));
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(1400);
    // Another interval counts at once.
    await root.attach({ interval_ms: HOUR });
    const before = root.orders.length;
    const due = Date.parse((await root.roots.get("work")).next_tick_at!);
    expect(due - Date.now()).toBeGreaterThan(HOUR - 60_000);
    await root.attach({ interval_ms: 1000 });
    await until(() => root.orders.length > before);
  });

  it("answers who asks for a tick with the record of one that began afterwards", async () => {
    const root = await start();
    const held = new Held<TickRecord>();
    root.tick = () => held.wait();
    await root.attach();
    await until(() => held.held === 1);
    const accepted = async (): Promise<number> =>
      (await histories(root.client, root.workflow.workflowId)).flatMap(({ events }) => events!).filter(isAccepted).length;
    const asked: Promise<TickRecord>[] = [];
    for (const ask of [{}, {}, { confirm: true }]) {
      asked.push(root.roots.sync("work", ask));
      await until(async () => (await accepted()) === asked.length);
    }
    await root.signals.wake("work", { trigger: "watcher", folders: ["a"] });
    for (let n = 0; n < 3; n++) {
      await until(() => held.held === 1);
      held.release(root.record(root.orders.at(-1)!));
    }
    expect((await Promise.all(asked)).map(({ tick_index, trigger }) => [tick_index, trigger])).toEqual([
      [1, "manual"],
      [1, "manual"],
      [2, "manual"],
    ]);
    expect(root.orders.map(({ request }) => request).slice(1)).toEqual([{ trigger: "manual" }, { trigger: "manual", confirm: true }]);
  });

  it(
    "answers more who ask than Temporal lets wait at a time, and tells one for whom there is no room in time",
    { timeout: 60_000 },
    async () => {
      const root = await start();
      await root.attach();
      await ticks(root, 1);
      const held = new Held<TickRecord>();
      root.tick = () => held.wait();
      const asked = Array.from({ length: 10 }, () => root.roots.sync("work", {}));
      let answered = 0;
      const count = (one: Promise<TickRecord>): void => void one.then(() => answered++);
      asked.forEach(count);
      const accepted = async (): Promise<number> =>
        (await histories(root.client, root.workflow.workflowId)).flatMap(({ events }) => events!).filter(isAccepted).length;
      await until(async () => (await accepted()) === 10);
      await expect(root.roots.sync("work", {})).rejects.toMatchObject({
        code: "timeout",
        message: expect.stringContaining("wait") as string,
      });
      const late = [root.roots.sync("work", {}), root.roots.sync("work", {})];
      late.forEach(count);
      asked.push(...late);
      while (answered < asked.length) {
        await until(() => held.held === 1 || answered === asked.length);
        if (held.held === 1) held.release(root.record(root.orders.at(-1)!));
      }
      expect(new Set((await Promise.all(asked)).map(({ outcome }) => outcome))).toEqual(new Set(["ok"]));
    },
  );

  it("lets a dry run change nothing of how the root stands, nor of what is pending", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    const before = await root.roots.get("work");
    const held = new Held<TickRecord>();
    root.tick = () => held.wait();
    const asked = root.roots.sync("work", { dryRun: true });
    await until(() => held.held === 1);
    await root.signals.wake("work", { trigger: "watcher", folders: ["a"] });
    const plan = [{ action: "upload" as const, path: "a" }];
    held.release(root.record(root.orders[1]!, { sync: makeReport({ dry_run: true, in_sync: false, plan }) }));
    expect(await asked).toMatchObject({ trigger: "manual", sync: { dry_run: true, plan } });
    await until(() => held.held === 1);
    expect(root.orders[2]!.request).toEqual({ trigger: "watcher", folders: ["a"] });
    const after = await root.roots.get("work");
    expect(after).toMatchObject({ last_tick: before.last_tick, in_sync: true });
    expect(after.recent_ticks).toHaveLength(2);
    held.release(root.record(root.orders[2]!));
    await ticks(root, 3);
  });

  it("tells failures and absences as they are, and looks at everything until a tick went well", async () => {
    const root = await start();
    root.tick = (order) => {
      const { sync: _, ...told } = root.record(order);
      if (order.tick_index === 0) return { ...told, outcome: "skip", reason: "offline", detail: "connection refused" };
      return order.tick_index === 1 ? { ...told, outcome: "error", error: "the bucket says no" } : root.record(order);
    };
    await root.attach();
    await ticks(root, 1);
    expect(await root.roots.get("work")).toMatchObject({ online: false, error: null, last_tick: { outcome: "skip" } });
    await root.signals.wake("work", { trigger: "watcher", folders: ["a"] });
    await ticks(root, 2);
    expect(await root.roots.get("work")).toMatchObject({ online: true, error: "the bucket says no" });
    await root.signals.wake("work", { trigger: "watcher", folders: ["a"] });
    await ticks(root, 3);
    await root.signals.wake("work", { trigger: "watcher", folders: ["a"] });
    await ticks(root, 4);
    expect(root.orders.map(({ request }) => request.folders)).toEqual([undefined, undefined, undefined, ["a"]]);
    expect(await root.roots.get("work")).toMatchObject({ online: true, error: null, in_sync: true });
  });

  it("gives up on a tick whose aurad is gone when the next one opens the root, and answers who waited for it", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    const held = new Held<TickRecord>();
    root.tick = () => held.wait();
    const asked = root.roots.sync("work", {});
    await until(() => held.held === 1);
    await root.signals.wake("work", { trigger: "watcher", folders: ["a"] });
    await root.attach({ boot: "2" });
    await until(() => held.held === 2);
    expect(root.orders[2]!.request).toEqual({ trigger: "manual" });
    held.release(root.record(root.orders[1]!));
    held.release(root.record(root.orders[2]!));
    expect(await asked).toMatchObject({ tick_index: 2 });
  });

  it("makes up for a tick that came to no end, soon, and tells who waited for it", { timeout: 30_000 }, async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    root.tick = () => {
      throw ApplicationFailure.nonRetryable("worker is broken");
    };
    expect(await root.roots.sync("work", {})).toMatchObject({ outcome: "error", error: expect.stringContaining("worker is broken") });
    root.tick = (order) => root.record(order);
    await until(() => root.orders.length === 3, 15_000);
    expect(root.orders[2]!.request).toEqual({ trigger: "interval" });
  });

  it("restores, collects, verifies and lists through the host, and passes on what it says", async () => {
    const root = await start();
    await root.attach();
    expect(await root.roots.restore("work", "a", { manifest: "m" })).toEqual({ manifest: "m", restored: ["a"], unchanged: 0 });
    expect(await root.roots.gc("work", { apply: true, windowMs: 1, historyMs: 2 })).toMatchObject({ deleted: true });
    expect(await root.roots.verify("work", { repair: true })).toEqual({ objects: 1, bytes: 2, bad: [] });
    expect(await root.roots.log("work", 500)).toMatchObject([{ id: "20" }]);
    const given: unknown[] = [];
    root.errands = {
      ...root.errands,
      restoreRoot: async (...args) => {
        given.push(args);
        throw ApplicationFailure.create({
          message: "there is no such manifest",
          type: "not_found",
          nonRetryable: true,
          details: ["see sync log"],
        });
      },
    };
    await expect(root.roots.restore("work", "a", { timeMs: 5 })).rejects.toMatchObject({
      code: "not_found",
      message: "there is no such manifest",
      fix: "see sync log",
    });
    expect(given).toEqual([["work", "a", { timeMs: 5 }]]);
  });

  it("refuses messages of another shape, and takes the rest of them for what they can be", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    const send = (name: string, arg: unknown): Promise<unknown> => root.workflow.executeUpdate(name, { args: [arg] });
    for (const [name, arg] of [
      ["sync", { dry_run: "yes" }],
      ["restore", { path: "a" }],
      ["restore", { manifest: "m" }],
      ["gc", { apply: true, window_ms: -1, history_ms: 0 }],
    ] as const)
      await expect(send(name, arg)).rejects.toMatchObject({ cause: { type: "usage" } });
    for (const told of [undefined, 7, {}, { trigger: "boredom" }]) await root.workflow.signal(wakeSignal.name, told);
    await root.workflow.signal("attach", { boot: "9" });
    await root.workflow.signal(wakeSignal.name, { trigger: "watcher", folders: "a" });
    await ticks(root, 2);
    expect(root.orders.map(({ request }) => request)).toEqual([{ trigger: "startup" }, { trigger: "watcher" }]);
  });

  it("ends when the host has no such root any more, and begins anew when it has", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    root.tick = () => null;
    expect(await root.roots.sync("work", {})).toMatchObject({ outcome: "error", error: expect.stringContaining("no sync root work") });
    await root.workflow.result();
    await expect(root.roots.sync("other", {})).rejects.toMatchObject({ code: "not_found" });
    root.tick = (order) => root.record(order);
    await root.attach({ boot: "2" });
    await until(() => root.orders.at(-1)!.request.trigger === "startup" && root.orders.length === 3);
    await root.signals.removed("work");
    await root.workflow.result();
  });

  it("is found by its path, and told as unknown with the names there are", async () => {
    const root = await start();
    await root.attach({ path: "/home/ada/work" });
    await until(async () => (await root.roots.list()).length === 1);
    expect(await root.roots.get("/home/ada/work")).toMatchObject({ root_id: "work", device_id: "laptop", watcher: "events" });
    expect(await root.roots.progress("work")).toBeNull();
    await expect(root.roots.get("wrok")).rejects.toMatchObject({ code: "not_found", fix: "did you mean work?" });
    await expect(root.roots.get("photos")).rejects.toMatchObject({ fix: "its roots are: work" });
  });

  it("costs nothing while nothing happens", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    const length = async (): Promise<number> => (await root.workflow.describe()).historyLength;
    const before = await length();
    await root.roots.get("work");
    await new Promise((resolve) => setTimeout(resolve, 1500)); // nothing is awaited here but that nothing happens
    expect(await length()).toBe(before);
  });

  it("shows a person with the Web UI what was done, and why", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    await root.roots.sync("work", { dryRun: true });
    const { currentDetails } = await root.workflow.query<{ currentDetails: string }>("__temporal_workflow_metadata");
    expect(currentDetails).toContain(`Sync root work of ${root.name} (/w): **online**`);
    expect(currentDetails).toMatch(/\*\*ok\*\* tick 1 via manual: 1 up, 0 down, a dry run\n- \S+ \*\*ok\*\* tick 0 via startup/);
    const { events } = await root.workflow.fetchHistory();
    const summaries = (events ?? [])
      .filter((event) => event.activityTaskScheduledEventAttributes)
      .map((event) => JSON.parse(Buffer.from(event.userMetadata?.summary?.data ?? "null").toString()) as string);
    expect(summaries).toEqual(["tick 0 via startup", "tick 1 via manual, a dry run"]);
  });

  it("is told as absent within seconds when no aurad works for its host", async () => {
    const root = await start();
    await root.attach();
    await ticks(root, 1);
    await root.retire();
    const { Client, Connection } = await import("@temporalio/client");
    const { WorkflowRoots } = await import("../../src/api/workflow-roots.js");
    const connection = await Connection.connect({ address: inject("temporal")!.address });
    try {
      const began = performance.now();
      await expect(new WorkflowRoots(new Client({ connection }), root.name).get("work")).rejects.toMatchObject({
        code: "host_unreachable",
      });
      expect(performance.now() - began).toBeLessThan(8000);
    } finally {
      await connection.close();
    }
  });
});

function isAccepted({
  workflowExecutionUpdateAcceptedEventAttributes,
}: {
  workflowExecutionUpdateAcceptedEventAttributes?: unknown;
}): boolean {
  return workflowExecutionUpdateAcceptedEventAttributes !== undefined && workflowExecutionUpdateAcceptedEventAttributes !== null;
}
