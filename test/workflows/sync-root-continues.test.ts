import { describe, expect, inject, it } from "vitest";
import { rootStateQuery } from "../../src/workflows/root-messages.js";
import { missing } from "../support/components.js";
import { histories } from "../support/histories.js";
import { startServer } from "../support/temporal.js";
import { until } from "../support/until.js";
import { ScriptedRoot } from "./scripted-root.js";

describe.skipIf(missing("temporal"))("the workflow of a busy sync root", () => {
  it("continues as new with no message lost, its ticks counted on and its records kept", { timeout: 120_000 }, async () => {
    const server = await startServer(inject("temporal")!.cli, ["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40"]);
    const root = await new ScriptedRoot(server.address).start();
    try {
      await root.attach();
      const told: { folder: string; before: number }[] = [];
      const isLookedAt = ({ folder, before }: (typeof told)[0]): boolean =>
        root.orders.slice(before).some(({ request }) => request.folders === undefined || request.folders.includes(folder));
      const isQuiet = async (): Promise<boolean> => told.every(isLookedAt) && !(await root.roots.get("work")).ticking;
      const runs = async (): Promise<number> => (await histories(root.client, root.workflow.workflowId)).length;
      // Bursts, as many as it takes until it has continued twice, and made more ticks than are remembered.
      while (root.orders.length < 12 || (await runs()) < 3) {
        const asked = root.roots.sync("work", {});
        for (let n = 0; n < 20; n++) {
          const folder = `f${told.length}`;
          told.push({ folder, before: root.orders.length });
          await root.signals.wake("work", { trigger: "watcher", folders: [folder] });
        }
        expect(await asked).toMatchObject({ outcome: "ok" });
        await until(isQuiet, 60_000);
      }
      expect(root.orders.map(({ tick_index }) => tick_index)).toEqual(root.orders.map((_, index) => index));
      expect(await root.workflow.query(rootStateQuery)).toMatchObject({ path: "/w", interval_s: 3600, recent_ticks: { length: 10 } });
      expect(await root.roots.sync("work", {})).toMatchObject({ tick_index: root.orders.length - 1 });
    } finally {
      await root.end();
      await server.end();
    }
  });
});
