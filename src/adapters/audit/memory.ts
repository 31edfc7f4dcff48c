import type { AuditEvent } from "../../epochs/audit.js";
import { filterAudit } from "../../epochs/audit-filter.js";
import type { AuditTrail } from "../../epochs/ports.js";
import { planDelivery } from "./delivery.js";

/** Events live as long as the process. After a restart of aurad the workflows deliver what they still hold. */
export function createMemoryTrail(): AuditTrail {
  const epochs = new Map<string, AuditEvent[]>();
  return {
    name: "memory",
    async append(epochId, events) {
      const row = epochs.get(epochId) ?? [];
      const { fresh, wants } = planDelivery(epochId, events, row.at(-1), (seq) => row[seq - 1]?.hash);
      if (fresh.length > 0) epochs.set(epochId, row);
      // A copy, as a file would be: later changes of the caller's objects are none of the trail.
      row.push(...structuredClone(fresh));
      return wants;
    },
    async read(epochId, filter) {
      return structuredClone(filterAudit(epochs.get(epochId) ?? [], filter));
    },
    async close() {
      epochs.clear();
    },
  };
}
