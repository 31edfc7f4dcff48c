import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, inject, it } from "vitest";
import { createEpochsClient } from "../../../src/api/epochs-client.js";
import { currentStateQuery, findingSignal } from "../../../src/workflows/epoch-messages.js";
import { auraHomes } from "../../support/aura-home.js";
import { missing } from "../../support/components.js";
import { startGate } from "../../support/gate.js";
import { withClient } from "../../support/histories.js";
import { startServer } from "../../support/temporal.js";

const STICKY = 2;
/** Longer than what a task of an epoch waited once, and far from the ten seconds after which the server takes an aurad for gone. */
const PATIENCE_MS = 5500;

const home = auraHomes();
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.skipIf(missing("temporal"))("an epoch whose aurad is too busy to answer", { timeout: 90_000 }, () => {
  it("stays with it after a question in vain: another worker, or the same without its memory, must not be asked amid news", async () => {
    // Of its own: an aurad that comes up takes what waits in its namespace from the others.
    const server = await startServer(inject("temporal")!.cli);
    ends.push(() => server.end());
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
        /query/i,
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
