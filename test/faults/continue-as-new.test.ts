import { inject, afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { initialService } from "../../src/services/supervised.js";
import type { Transition } from "../../src/services/snapshot.js";
import {
  downUpdate,
  graphQuery,
  hostStatusQuery,
  restartUpdate,
  transitionsSignal,
  upUpdate,
  whyQuery,
} from "../../src/workflows/messages.js";
import { hostQueue, SERVICE_WORKFLOW, serviceWorkflowId } from "../../src/workflows/names.js";
import { auraHomes } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { histories, withClient } from "../support/histories.js";
import { startServer, type TestServer } from "../support/temporal.js";
import { until } from "../support/until.js";
import { ScriptedHost } from "../workflows/scripted-host.js";
import { expectToldWhole } from "./story.js";

const SIGNALS = 1000;
/** The server suggests to continue as new this early, so that a thousand signals meet it dozens of times. */
const EVENTS = 80;

const snapshot = initialService({ name: "web", type: "native" }, 0).snapshot;

function transition(seq: number): Transition {
  return {
    service: "web",
    seq,
    at: seq,
    from: "starting",
    to: "running",
    cause: { kind: "exit" },
    reason: `number ${seq}`,
    snapshot: { ...snapshot, state: "running" },
  };
}

describe.skipIf(missing("temporal"))("a thousand signals while workflows continue as new", { timeout: 180_000 }, () => {
  let server: TestServer;
  const hosts: ScriptedHost[] = [];
  const home = auraHomes();

  beforeAll(async () => {
    server = await startServer(inject("temporal")!.cli, ["--dynamic-config-value", `limit.historyCount.suggestContinueAsNew=${EVENTS}`]);
  });
  afterAll(() => server.end());
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.end();
  });

  async function host(): Promise<ScriptedHost> {
    const scripted = await new ScriptedHost(server.address).start();
    hosts.push(scripted);
    return scripted;
  }

  it("a service's story has each transition once and in order, repeated and overlapping signals included", async () => {
    const scripted = await host();
    const workflowId = serviceWorkflowId(scripted.name, "web");
    const handle = scripted.client.workflow.getHandle(workflowId);
    for (let seq = 1; seq <= SIGNALS; seq++) {
      const repeated = seq > 1 && seq % 3 === 0 ? [transition(seq - 1)] : [];
      await scripted.client.workflow.signalWithStart(SERVICE_WORKFLOW, {
        workflowId,
        taskQueue: hostQueue(scripted.name),
        args: [{ host: scripted.name, service: "web" }],
        signal: transitionsSignal,
        signalArgs: [[...repeated, transition(seq)]],
      });
      if (seq % 50 !== 0) continue;
      const { transitions } = await handle.query(whyQuery);
      expect(transitions.map((one) => one.seq)).toEqual(Array.from({ length: 50 }, (_, index) => seq - 49 + index));
    }
    const runs = await histories(scripted.client, workflowId);
    expect(runs.length).toBeGreaterThan(8);
    expect(Math.max(...runs.map(({ events }) => events!.length))).toBeLessThan(EVENTS * 4);
  });

  it("a host loses no observation and carries every command out once", async () => {
    const scripted = await host();
    scripted.declare("web", "busy");
    await scripted.attach();
    let restarts = 0;
    const commands = async (): Promise<void> => {
      for (let n = 0; n < 40; n++) {
        const ask = { names: ["web"], by: "tester", requestId: `request-${n}` };
        if (n % 8 === 6) await scripted.workflow.executeUpdate(downUpdate, { args: [ask] });
        else if (n % 8 === 7 || n === 0) await scripted.workflow.executeUpdate(upUpdate, { args: [ask] });
        else {
          restarts += 1;
          await scripted.workflow.executeUpdate(restartUpdate, { args: [ask] });
        }
      }
    };
    const signals = async (): Promise<void> => {
      for (let n = 1; n <= SIGNALS; n++) await scripted.observe("busy", { state: "stopped", restartCount: n });
    };
    await Promise.all([commands(), signals()]);
    const { services } = await scripted.workflow.query(hostStatusQuery);
    expect(services.find(({ name }) => name === "busy")).toMatchObject({ restartCount: SIGNALS });
    expect(await scripted.workflow.query(graphQuery)).toMatchObject({
      services: expect.arrayContaining([expect.objectContaining({ name: "web", desired: "up" })]),
    });
    expect(scripted.ordered("restart")).toHaveLength(restarts);
    expect(new Set(scripted.orders.map(({ seq }) => seq)).size).toBe(scripted.orders.length);
    const runs = await histories(scripted.client, scripted.workflow.workflowId);
    expect(runs.length).toBeGreaterThan(5);
  });

  it("a host whose past went on through many runs still knows what is wanted, also after a restart of aurad", async () => {
    const place = home({ address: server.address });
    place.spec("web", { restart: { delay: "0s" } });
    place.spec("idle");
    await place.start();
    await place.must("up", "web");
    const runs = await until(async () => {
      await place.must("restart", "web");
      const found = await withClient(place.address, (client) => histories(client, `host/${place.host}`));
      return found.length > 2 && found;
    }, 60_000);
    expect(Math.max(...runs.map(({ events }) => events!.length))).toBeLessThan(EVENTS * 4);
    await expectToldWhole(place, "web");
    await place.daemon.stop();
    await place.start();
    await place.waitFor("web", "running");
    expect(await place.row("idle")).toMatchObject({ state: "stopped" });
    const hosts = (await place.must("hosts"))["hosts"] as { host: string; aurad_pid: number }[];
    expect(hosts.find(({ host: name }) => name === place.host)).toMatchObject({ aurad_pid: place.daemon.pid });
    await until(
      async () =>
        (
          await withClient(place.address, (client) =>
            client.workflow.count(`AuraHost = "${place.host}" AND AuraKind = "service" AND AuraStatus = "running"`),
          )
        ).count === 1,
    );
  });
});
