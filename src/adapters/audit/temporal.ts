import type { AuditEvent, AuditFilter } from "../../epochs/audit.js";
import type { AuditTrail } from "../../epochs/ports.js";
import { checkRow, planDelivery } from "./delivery.js";

/** The events that a workflow holds, by its query. An unknown epoch has none. */
export type ReadWorkflow = (epochId: string, filter: AuditFilter) => Promise<readonly AuditEvent[]>;

/**
 * The workflow is the trail. Nothing is stored here: an append only compares what is delivered with what the workflow
 * holds, and workflows that run with this trail do not even call it.
 */
export function createTemporalTrail(readWorkflow: ReadWorkflow): AuditTrail {
  return {
    name: "temporal",
    async append(epochId, events) {
      checkRow(epochId, events);
      const held = await readWorkflow(epochId, {});
      const hashes = new Map(held.map(({ seq, hash }) => [seq, hash]));
      const oldest = held[0]?.seq ?? 1;
      // What the workflow let go of long ago cannot be compared any more.
      const comparable = events.filter(({ seq }) => seq >= oldest);
      planDelivery(epochId, comparable, held.at(-1), (seq) => hashes.get(seq));
      return (held.at(-1)?.seq ?? 0) + 1;
    },
    read: (epochId, filter = {}) => readWorkflow(epochId, filter),
    async close() {},
  };
}
