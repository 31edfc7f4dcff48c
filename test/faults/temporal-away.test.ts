import { inject, afterEach, describe, expect, it } from "vitest";
import { freePorts } from "../../src/adapters/temporal/ports.js";
import { runningServer } from "../../src/adapters/temporal/server-record.js";
import { hostWorkflowId, serviceWorkflowId } from "../../src/workflows/names.js";
import { auraHomes, type AuraHome } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { deliveredTransitions, histories, withClient } from "../support/histories.js";
import { alive, killProcess } from "../support/processes.js";
import { startServer, type TestServer } from "../support/temporal.js";
import { pause, slowness, until } from "../support/until.js";
import { expectToldWhole } from "./story.js";

/** How long Temporal stays away; a minute with AURA_TEST_AWAY_S=60. */
const AWAY_MS = Number(process.env["AURA_TEST_AWAY_S"] ?? 8) * 1000;

const home = auraHomes();
const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.end();
});

async function onOwnServer(): Promise<{ place: AuraHome; server: TestServer }> {
  const server = await startServer(inject("temporal")!.cli);
  servers.push(server);
  return { place: home({ address: server.address }), server };
}

describe.skipIf(missing("temporal"))("Temporal goes away", { timeout: 120_000 + AWAY_MS }, () => {
  it("an embedded server that was killed is back within three seconds with all histories, and no service notices", async () => {
    const [port, uiPort] = (await freePorts(2)) as [number, number];
    const place = home({ embedded: { port, uiPort } });
    place.spec("web");
    place.spec("store");
    await place.start();
    await place.must("up");
    const before = await place.status();
    const history = await withClient(place.address, (client) => histories(client, hostWorkflowId(place.host)));

    const server = runningServer(place.places, port)!;
    const from = performance.now();
    killProcess(server.pid);
    await until(() => place.daemon.says("embedded Temporal server is back"));
    const tookMs = performance.now() - from;
    expect(tookMs / slowness()).toBeLessThan(3000);
    expect(runningServer(place.places, port)!.pid).not.toBe(server.pid);
    for (const [name, { pid }] of before) expect(await place.row(name)).toMatchObject({ pid, state: "running" });
    const after = await withClient(place.address, (client) => histories(client, hostWorkflowId(place.host)));
    expect(after[0]!.events!.slice(0, history[0]!.events!.length)).toEqual(history[0]!.events);
    await place.must("restart", "web");
    expect(await place.row("web")).toMatchObject({ generation: 2, state: "running" });
    await expectToldWhole(place, "web");
  });

  it("an embedded server that runs but answers nobody is started again once it has failed somebody", async () => {
    const [port, uiPort] = (await freePorts(2)) as [number, number];
    const place = home({ embedded: { port, uiPort } });
    place.spec("web", { restart: { delay: "20ms" } });
    await place.start();
    await place.must("up");
    const { pid } = await place.row("web");

    process.kill(runningServer(place.places, port)!.pid, "SIGSTOP");
    killProcess(pid!);
    await until(() => place.daemon.says("embedded Temporal server is back"), 60_000);
    await place.must("restart", "web");
    expect(await place.row("web")).toMatchObject({ generation: 3, state: "running" });
    await expectToldWhole(place, "web");
  });

  it("services are restarted meanwhile, status answers throughout, and what happened is told once and in order", async () => {
    const { place, server } = await onOwnServer();
    place.spec("crashes", { restart: { delay: "50ms", backoff: "fixed" } });
    place.spec("steady");
    place.spec("gives-up", { restart: { policy: "never" } });
    place.spec("dependent", { dependencies: { after: ["gives-up"], requires: ["gives-up"] } });
    await place.start();
    await place.must("up");
    const steady = await place.row("steady");

    await server.kill();
    const end = performance.now() + AWAY_MS;
    let crashes = 0;
    let slowestMs = 0;
    while (performance.now() < end) {
      const row = await place.waitFor("crashes", (one) => one.state === "running" && one.generation === crashes + 1);
      killProcess(row.pid!);
      crashes += 1;
      const from = performance.now();
      await place.must("status");
      slowestMs = Math.max(slowestMs, performance.now() - from);
      if (crashes === 2) killProcess((await place.row("gives-up")).pid!);
      await pause(400);
    }
    await place.waitFor("crashes", (one) => one.state === "running" && one.generation === crashes + 1);
    expect(slowestMs).toBeLessThan(5000);
    expect(await place.row("gives-up")).toMatchObject({ state: "failed" });
    const refused = await place.aura("up", "dependent");
    expect(refused).toMatchObject({ status: 2, json: { error: { code: "temporal_unreachable" } } });

    await server.startAgain();
    await expectToldWhole(place, "crashes");
    // What follows from it is decided now: the dependent of the one that gave up is stopped.
    await place.waitFor("dependent", "pending", 30_000);
    expect(await place.row("steady")).toMatchObject({ pid: steady.pid, generation: 1 });
    await until(async () => (await place.aura("restart", "steady")).status === 0, 30_000);
    const why = JSON.stringify(await place.must("why", "crashes"));
    expect(why).toContain("ended by SIGKILL (137); on-failure restart");
  });

  it("specs that changed meanwhile take effect when it is back", async () => {
    const { place, server } = await onOwnServer();
    place.spec("web", { service: { command: ["sleep", "100000"] } });
    place.spec("gone");
    await place.start();
    await place.must("up");
    await server.kill();
    place.spec("web", { service: { command: ["sleep", "100001"] } });
    place.removeSpec("gone");
    await until(() => place.daemon.says("cannot tell the host workflow about changed specs"), 30_000);
    expect(await place.row("web")).toMatchObject({ generation: 1, state: "running" });
    await server.startAgain();
    await place.waitFor("web", (row) => row.generation === 2 && row.state === "running", 30_000);
    await until(async () => !(await place.status()).has("gone"), 15_000);
  });

  it("aurad ends with 0 on SIGTERM while it is away, with its services stopped; the next one tells the rest", async () => {
    const { place, server } = await onOwnServer();
    place.spec("web");
    const daemon = await place.start();
    await place.must("up");
    const { pid } = await place.row("web");
    await server.kill();
    const from = performance.now();
    expect(await daemon.stop()).toBe(0);
    const tookMs = performance.now() - from;
    expect(tookMs / slowness()).toBeLessThan(15_000);
    expect(alive(pid!)).toBe(false);
    await server.startAgain();
    await place.start();
    await place.waitFor("web", "running");
    await expectToldWhole(place, "web");
  });

  it("a database that was lost while aurad runs ends no service, and commands work again", async () => {
    const { place, server } = await onOwnServer();
    place.spec("web", { restart: { delay: "50ms" } });
    place.spec("idle");
    await place.start();
    await place.must("up", "web");
    const { pid } = await place.row("web");
    await server.kill();
    await server.startEmpty();
    await until(async () => (await place.aura("up", "idle")).status === 0, 60_000);
    expect(await place.row("web")).toMatchObject({ pid, state: "running", generation: 1 });
    killProcess(pid!);
    await place.waitFor("web", (row) => row.generation === 2 && row.state === "running");
    await until(async () => {
      const told = await withClient(place.address, (client) => deliveredTransitions(client, place.host, "web")).catch(() => []);
      return told.at(-1)?.snapshot.generation === 2;
    }, 30_000);
    await place.must("down");
    expect(await place.row("web")).toMatchObject({ state: "stopped" });
  });

  it("a host workflow that somebody terminated begins anew, and nothing is stopped", async () => {
    const place = home();
    place.spec("web", { restart: { delay: "50ms" } });
    await place.start();
    await place.must("up");
    const { pid } = await place.row("web");
    await withClient(place.address, (client) => client.workflow.getHandle(hostWorkflowId(place.host)).terminate("by hand"));
    expect(await place.must("graph")).toMatchObject({ services: [{ name: "web", desired: "up", state: "running" }] });
    expect(await place.row("web")).toMatchObject({ pid, state: "running" });
    await withClient(place.address, (client) => client.workflow.getHandle(serviceWorkflowId(place.host, "web")).terminate("by hand"));
    await place.must("restart", "web");
    expect(await place.row("web")).toMatchObject({ state: "running", generation: 2 });
    await until(async () => JSON.stringify(await place.must("why", "web")).includes("restarting: restart by"));
  });
});
