import { describe, expect, inject, it } from "vitest";
import type { TickRecord } from "../../src/sync/control.js";
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
      const asked: Promise<TickRecord>[] = [];
      const runs = async (): Promise<number> => (await histories(root.client, root.workflow.workflowId)).length;
      // As many as it takes on this machine until it has continued twice, and made more ticks than are remembered.
      for (let n = 0, isEnough = false; !isEnough; n++) {
        told.push({ folder: `f${n}`, before: root.orders.length });
        await root.signals.wake("work", { trigger: "watcher", folders: [`f${n}`] });
        if (n % 10 !== 0) continue;
        asked.push(root.roots.sync("work", {}));
        isEnough = n >= 60 && root.orders.length >= 12 && (await runs()) > 2;
      }
      expect((await Promise.all(asked)).every(({ outcome }) => outcome === "ok")).toBe(true);
      const isLookedAt = ({ folder, before }: (typeof told)[0]): boolean =>
        root.orders.slice(before).some(({ request }) => request.folders === undefined || request.folders.includes(folder));
      await until(() => told.every(isLookedAt));
      await until(async () => !(await root.roots.get("work")).ticking);
      expect(root.orders.map(({ tick_index }) => tick_index)).toEqual(root.orders.map((_, index) => index));
      expect(await root.workflow.query(rootStateQuery)).toMatchObject({ path: "/w", interval_s: 3600, recent_ticks: { length: 10 } });
      expect(await root.roots.sync("work", {})).toMatchObject({ tick_index: root.orders.length - 1 });
    } finally {
      await root.end();
      await server.end();
    }
  });
});
