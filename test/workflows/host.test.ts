import { WorkflowUpdateFailedError } from "@temporalio/client";
import { afterEach, describe, expect, it } from "vitest";
import {
  downUpdate,
  graphQuery,
  hostStatusQuery,
  reloadUpdate,
  restartUpdate,
  specsSignal,
  upUpdate,
} from "../../src/workflows/messages.js";
import { missing } from "../support/components.js";
import { pause, until } from "../support/until.js";
import { ScriptedHost } from "./scripted-host.js";

describe.skipIf(missing("temporal"))("the host workflow", () => {
  const hosts: ScriptedHost[] = [];
  let request = 0;

  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.end();
  });

  async function host(...services: Parameters<ScriptedHost["declare"]>): Promise<ScriptedHost> {
    const scripted = await new ScriptedHost().start();
    hosts.push(scripted);
    scripted.declare(...services);
    await scripted.attach();
    return scripted;
  }

  function ask(...names: string[]): { names: string[]; by: string; requestId: string } {
    return { names, by: "tester@here", requestId: `request-${(request += 1)}` };
  }

  it("orders starts in dependency order and stops in reverse", async () => {
    const scripted = await host({ name: "worker", after: ["api"] }, "store", { name: "api", after: ["store"], requires: ["store"] });
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask()] });
    await until(() => scripted.ordered("start").length === 3);
    expect(scripted.ordered("start")).toEqual(["store", "api", "worker"]);
    await scripted.workflow.executeUpdate(downUpdate, { args: [ask()] });
    await until(() => scripted.ordered("stop").length === 3);
    expect(scripted.ordered("stop")).toEqual(["worker", "api", "store"]);
  });

  it("starts a whole wave with one activity", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
    const scripted = await host(...names);
    const before = scripted.pendings.length;
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask()] });
    expect(scripted.ordered("start")).toHaveLength(30);
    expect(scripted.pendings.length - before).toBe(1);
  });

  it("carries a command out once, however often its request arrives", async () => {
    const scripted = await host("web");
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask("web")] });
    const restart = ask("web");
    for (let round = 0; round < 3; round++) {
      // Without the same update id: as after a server that forgot the first, or another way to the workflow.
      await scripted.workflow.executeUpdate(restartUpdate, { args: [restart] });
    }
    expect(scripted.ordered("restart")).toEqual(["web"]);
  });

  it("refuses an unknown name before anything enters the history", async () => {
    const scripted = await host("web");
    await scripted.workflow.query(graphQuery);
    const events = async (): Promise<number> =>
      (await scripted.workflow.fetchHistory()).events!.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
    const refused = scripted.workflow.executeUpdate(upUpdate, { args: [ask("web", "wep")] });
    await expect(refused).rejects.toThrow(WorkflowUpdateFailedError);
    await expect(refused).rejects.toMatchObject({
      cause: { message: `there is no service wep on host ${scripted.name}`, type: "not_found" },
    });
    expect(await events()).toBe(0);
    expect(scripted.orders).toEqual([]);
  });

  it("ignores an observation that is older than the last order", async () => {
    const scripted = await host("web");
    scripted.obey = () => {};
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask("web")] });
    const { seq } = scripted.orders[0]!;
    // What was seen before the start was taken: still stopped. Believed, it would be started a second time.
    await scripted.observe("web", { state: "stopped", orderSeq: seq - 1 });
    expect(await scripted.workflow.query(hostStatusQuery)).toMatchObject({ services: [{ state: "starting", orderSeq: seq }] });
    await scripted.observe("web", { state: "running", ready: true, orderSeq: seq });
    expect(await scripted.workflow.query(hostStatusQuery)).toMatchObject({ services: [{ state: "running" }] });
    expect(scripted.ordered("start")).toEqual(["web"]);
  });

  it("says of a service that waits that it is pending, and why", async () => {
    const scripted = await host("store", { name: "api", after: ["store"] });
    scripted.obey = () => {};
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask()] });
    const { services } = await scripted.workflow.query(hostStatusQuery);
    expect(services.find(({ name }) => name === "api")).toMatchObject({
      state: "pending",
      reason: expect.stringMatching(/^waits for store /),
    });
  });

  it("never takes what is observed for what is wanted", async () => {
    const scripted = await host("web");
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask("web")] });
    await scripted.observe("web", { state: "failed", ready: false, finished: true });
    await scripted.observe("web", { state: "stopped", ready: false, finished: true });
    expect(await scripted.workflow.query(graphQuery)).toMatchObject({ services: [{ name: "web", desired: "up" }] });
  });

  it("gives the orders of a killed aurad again as soon as the next one attaches", async () => {
    const scripted = await host("web");
    let killed = true;
    const original = scripted.obey;
    scripted.obey = (order) => (killed ? new Promise(() => {}) : original(order));
    const up = scripted.workflow.executeUpdate(upUpdate, { args: [ask("web")] });
    await until(() => scripted.orders.length === 1);
    killed = false;
    const from = performance.now();
    await scripted.attach({ pid: 2 });
    expect(await up).toMatchObject({ refused: [] });
    expect(performance.now() - from).toBeLessThan(5000);
    const [first, again] = scripted.orders;
    expect(again).toEqual(first);
    expect(scripted.orders).toHaveLength(2);
  });

  it("does not restart a service twice when aurad was killed between taking the order and saying so", async () => {
    const scripted = await host("web");
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask("web")] });
    let killed = true;
    const original = scripted.obey;
    scripted.obey = (order) => (killed ? new Promise(() => {}) : original(order));
    scripted.outlines = [{ ...scripted.outlines[0]!, hash: "2" }];
    await scripted.workflow.signal(specsSignal, scripted.outlines);
    await until(() => scripted.ordered("restart").length === 1);
    killed = false;
    await scripted.attach({ pid: 2 }); // with what was before: running with the old spec
    await until(async () => (await scripted.workflow.query(hostStatusQuery)).services[0]!.specHash === "2");
    const restarts = scripted.orders.filter(({ kind }) => kind === "restart");
    expect(restarts).toHaveLength(2);
    expect(restarts[1]).toEqual(restarts[0]);
  });

  it("reads the specs again when aurad was killed while it read them", async () => {
    const scripted = await host("web");
    let killed = true;
    let reads = 0;
    const original = scripted.loadSpecs.bind(scripted);
    scripted.loadSpecs = () => {
      reads += 1;
      return killed ? new Promise(() => {}) : original();
    };
    const reload = scripted.workflow.executeUpdate(reloadUpdate, { args: [{ by: "tester", requestId: "reload-1" }] });
    await until(() => reads === 1);
    killed = false;
    await scripted.attach({ pid: 2 });
    expect(await reload).toEqual({ added: [], removed: [], changed: [], errors: [] });
  });

  it("tells a new spec's services apart: added, removed, changed, and restarts only the changed one", async () => {
    const scripted = await host("same", "changed", "removed");
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask()] });
    scripted.outlines = [...scripted.outlines.filter(({ name }) => name === "same")];
    scripted.declare({ name: "changed", hash: "2" }, "added");
    scripted.snapshots.set("changed", { ...scripted.snapshots.get("changed")!, state: "running", ready: true, specHash: "1" });
    const result = await scripted.workflow.executeUpdate(reloadUpdate, { args: [{ by: "tester", requestId: "reload-2" }] });
    expect(result).toEqual({ added: ["added"], removed: ["removed"], changed: ["changed"], errors: [] });
    await until(() => scripted.ordered("restart").length > 0 && scripted.ordered("stop").length > 0);
    expect([scripted.ordered("restart"), scripted.ordered("stop")]).toEqual([["changed"], ["removed"]]);
  });

  it("takes new specs by signal as by reload", async () => {
    const scripted = await host("web");
    await scripted.workflow.executeUpdate(upUpdate, { args: [ask("web")] });
    const [web] = scripted.outlines;
    scripted.outlines = [{ ...web!, hash: "2" }];
    await scripted.workflow.signal(specsSignal, scripted.outlines);
    await until(() => scripted.ordered("restart").length === 1);
  });

  it("keeps everything running when its database was lost and it begins anew", async () => {
    const scripted = await host("web", "gave-up", "waiting", "idle", "stopped-with-aurad");
    scripted.snapshots.set("web", {
      ...scripted.snapshots.get("web")!,
      state: "running",
      ready: true,
      orderSeq: 41,
      specHash: "1",
      pid: 77,
    });
    scripted.snapshots.set("gave-up", { ...scripted.snapshots.get("gave-up")!, state: "failed", finished: true, orderSeq: 12 });
    scripted.snapshots.set("waiting", { ...scripted.snapshots.get("waiting")!, state: "pending" });
    scripted.snapshots.set("stopped-with-aurad", {
      ...scripted.snapshots.get("stopped-with-aurad")!,
      state: "stopped",
      cause: { kind: "shutdown" },
    });
    await scripted.workflow.terminate("its database was lost");
    await scripted.attach();
    const graph = await scripted.workflow.query(graphQuery);
    expect(Object.fromEntries(graph.services.map(({ name, desired }) => [name, desired]))).toEqual({
      web: "up",
      "gave-up": "up",
      waiting: "up",
      idle: "down",
      "stopped-with-aurad": "up",
    });
    await until(() => scripted.ordered("start").length === 2);
    await pause(200); // what must not happen takes no longer than what must
    expect(scripted.ordered("stop")).toEqual([]);
    expect(scripted.ordered("start").sort()).toEqual(["stopped-with-aurad", "waiting"]);
    // Orders go on above what the guardian remembers, or it would ignore them.
    expect(Math.min(...scripted.orders.map(({ seq }) => seq))).toBeGreaterThan(41);
  });
});
