import { afterEach, describe, expect, it } from "vitest";
import { initialService } from "../../src/services/supervised.js";
import type { Transition } from "../../src/services/snapshot.js";
import { removedSignal, transitionsSignal, whyQuery } from "../../src/workflows/messages.js";
import { hostQueue, SERVICE_WORKFLOW, serviceWorkflowId } from "../../src/workflows/names.js";
import { missing } from "../support/components.js";
import { ScriptedHost } from "./scripted-host.js";

function transition(seq: number): Transition {
  const { snapshot } = initialService({ name: "web", type: "native" }, 0);
  const to = seq % 2 === 0 ? "backoff" : "running";
  return {
    service: "web",
    seq,
    at: 1_700_000_000_000 + seq,
    from: "starting",
    to,
    cause: { kind: "exit" },
    reason: `number ${seq}`,
    snapshot: { ...snapshot, state: to },
  };
}

describe.skipIf(missing("temporal"))("the service workflow", () => {
  const hosts: ScriptedHost[] = [];

  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.end();
  });

  async function service(): Promise<{
    send: (...seqs: number[]) => Promise<unknown>;
    story: () => Promise<number[]>;
    handle: ReturnType<ScriptedHost["client"]["workflow"]["getHandle"]>;
  }> {
    const host = await new ScriptedHost().start();
    hosts.push(host);
    const workflowId = serviceWorkflowId(host.name, "web");
    const handle = host.client.workflow.getHandle(workflowId);
    return {
      handle,
      send: (...seqs) =>
        host.client.workflow.signalWithStart(SERVICE_WORKFLOW, {
          workflowId,
          taskQueue: hostQueue(host.name),
          args: [{ host: host.name, service: "web" }],
          signal: transitionsSignal,
          signalArgs: [seqs.map(transition)],
        }),
      story: async () => (await handle.query(whyQuery)).transitions.map(({ seq }) => seq),
    };
  }

  it("keeps each transition once and in order, though signals repeat and overlap", async () => {
    const { send, story } = await service();
    await send(1, 2);
    await send(1, 2);
    await send(2, 3, 4);
    await send(4, 5);
    expect(await story()).toEqual([1, 2, 3, 4, 5]);
  });

  it("starts at whatever number comes first, as after a lost database", async () => {
    const { send, story } = await service();
    await send(1000, 1001);
    await send(999);
    expect(await story()).toEqual([1000, 1001]);
  });

  it("shows the last fifty", async () => {
    const { send, story } = await service();
    for (let from = 1; from < 121; from += 40) await send(...Array.from({ length: 40 }, (_, index) => from + index));
    const seqs = await story();
    expect(seqs).toHaveLength(50);
    expect(seqs.at(-1)).toBe(120);
  });

  it("completes when its service is gone for good, and begins again with the next transition", async () => {
    const { send, story, handle } = await service();
    await send(1);
    await handle.signal(removedSignal);
    await handle.result();
    await send(2);
    expect(await story()).toEqual([2]);
  });
});
