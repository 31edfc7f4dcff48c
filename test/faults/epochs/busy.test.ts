import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, inject, it } from "vitest";
import { createEpochsClient } from "../../../src/api/epochs-client.js";
import { currentStateQuery, findingSignal } from "../../../src/workflows/epoch-messages.js";
import { auraHomes } from "../../support/aura-home.js";
import { missing } from "../../support/components.js";
import { startGate } from "../../support/gate.js";
import { withClient } from "../../support/histories.js";

const STICKY = 2;
/** Shorter than the ten seconds after which the server takes an aurad for gone. */
const PATIENCE_MS = 7000;

const home = auraHomes();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.skipIf(missing("temporal"))("an epoch whose aurad is too busy to answer", { timeout: 90_000 }, () => {
  it("stays with it after a question in vain: another worker, or the same without its memory, must not be asked amid news", async () => {
    const server = inject("temporal")!;
    const gate = await startGate(server.address);
    ends.push(() => gate.end());
    const place = home({ address: gate.address });
    await place.start();
    const client = createEpochsClient({ socketPath: place.places.sock });
    ends.push(async () => client.close());
    const id = `busy-${randomUUID()}`;
    await client.start({ epoch_id: id, description: "a request", plan: null, by: "ann" });
    await client.state(id);
    gate.shut();
    await withClient(server.address, async (temporal) => {
      const handle = temporal.workflow.getHandle(id);
      await expect(temporal.connection.withDeadline(Date.now() + PATIENCE_MS, () => handle.query(currentStateQuery))).rejects.toThrow(
        /deadline/i,
      );
      await handle.signal(findingSignal, { op: "add", description: "a gap" });
      const { events } = await handle.fetchHistory();
      const task = events!.findLast(({ workflowTaskScheduledEventAttributes }) => workflowTaskScheduledEventAttributes);
      expect(task!.workflowTaskScheduledEventAttributes!.taskQueue!.kind).toBe(STICKY);
      gate.open();
      await handle.terminate();
    });
  });
});
