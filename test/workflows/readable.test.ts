import { describe, expect, inject, it } from "vitest";
import { upUpdate } from "../../src/workflows/messages.js";
import { missing } from "../support/components.js";
import { startServer } from "../support/temporal.js";
import { until } from "../support/until.js";
import { ScriptedHost } from "./scripted-host.js";

/** What the Web UI shows of a workflow under "Current Details". */
async function currentDetails(host: ScriptedHost): Promise<string> {
  const { currentDetails: text } = await host.workflow.query<{ currentDetails?: string }>("__temporal_workflow_metadata");
  return text ?? "";
}

async function summaries(host: ScriptedHost): Promise<string[]> {
  const { events } = await host.workflow.fetchHistory();
  return (events ?? [])
    .filter((event) => event.activityTaskScheduledEventAttributes)
    .map((event) => JSON.parse(Buffer.from(event.userMetadata?.summary?.data ?? "null").toString()) as string);
}

describe.skipIf(missing("temporal"))("a person who only has the Web UI", () => {
  it("reads in the host's history which services were ordered, and in its details what is amiss", async () => {
    const host = await new ScriptedHost().start();
    try {
      host.declare("store", { name: "api", after: ["store"], requires: ["store"] }, { name: "box", unsupported: "no driver for box" });
      await host.attach();
      await host.workflow.executeUpdate(upUpdate, { args: [{ names: [], by: "tester@here", requestId: host.name }] });
      await until(() => host.ordered("start").length === 2);
      await host.observe("store", { state: "failed", ready: false, finished: true, reason: "exited 1; gave up" });
      await until(() => host.ordered("stop").length === 1);
      expect(await summaries(host)).toEqual(expect.arrayContaining(["start store", "start api", "stop api"]));
      await until(async () => (await currentDetails(host)).includes("**store** is failed: exited 1; gave up"));
      expect(await currentDetails(host)).toContain("**box** is pending: no driver for box");
    } finally {
      await host.end();
    }
  });

  it("still sees what it is, and where its aurad is, after the workflow continued as new", async () => {
    const server = await startServer(inject("temporal")!.cli, ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=15"]);
    const host = await new ScriptedHost(server.address).start();
    try {
      host.declare("store");
      await host.attach({ pid: 4711, apiUrl: "http://127.0.0.1:9" });
      const first = (await host.workflow.describe()).runId;
      for (let n = 0; (await host.workflow.describe()).runId === first; n++) {
        await host.observe("store", { reason: `change ${n}` });
        if (n > 100) throw new Error("never continued as new");
      }
      expect((await host.workflow.describe()).memo).toMatchObject({ pid: 4711, apiUrl: "http://127.0.0.1:9", version: "0" });
      expect(await currentDetails(host)).toContain(`Host ${host.name}`);
    } finally {
      await host.end();
      await server.end();
    }
  });
});
