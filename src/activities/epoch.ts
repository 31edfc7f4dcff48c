import { ApplicationFailure } from "@temporalio/activity";
import type { AuditEvent } from "../epochs/audit.js";
import type { AuditTrail } from "../epochs/ports.js";
import { asAuraError } from "../shared/errors.js";
import type { EpochActivities } from "../workflows/activities.js";

/**
 * `trail`: of the aurad that runs them. A trail that holds another epoch of this name fails with the type `audit_conflict`.
 * `resetQueue`: of a workflow; never rejects.
 */
export function createEpochActivities(
  { trail }: { readonly trail: Pick<AuditTrail, "append" | "name"> },
  resetQueue: (workflowId: string) => Promise<void>,
): EpochActivities {
  return {
    leaveLastWorker: resetQueue,
    async recordAudit(epochId: string, events: readonly AuditEvent[]): Promise<number> {
      // It would ask the very workflow whose task waits for this answer.
      if (trail.name === "temporal") return (events.at(-1)?.seq ?? 0) + 1;
      try {
        return await trail.append(epochId, events);
      } catch (error) {
        const { code, line } = asAuraError(error);
        throw ApplicationFailure.create({ message: line, type: code, nonRetryable: code === "audit_conflict", cause: error as Error });
      }
    },
  };
}
