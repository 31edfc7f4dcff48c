import type { AuditEvent } from "../../epochs/audit.js";
import { AuraError } from "../../shared/errors.js";

/** What a trail knows of an event that it keeps. */
export type Kept = Pick<AuditEvent, "seq" | "hash">;

export interface Delivery {
  /** To be stored, in this order. */
  readonly fresh: readonly AuditEvent[];
  /** The seq wanted once they are. */
  readonly wants: number;
}

/**
 * What to store of a delivery: the rule that every trail follows. `last` is the newest event kept of the epoch, `kept` gives
 * the hash under a seq up to it. Throws `audit_conflict` when the delivery is not of the same chain.
 */
export function planDelivery(
  epochId: string,
  events: readonly AuditEvent[],
  last: Kept | undefined,
  kept: (seq: number) => string | undefined,
): Delivery {
  const wants = (last?.seq ?? 0) + 1;
  checkRow(epochId, events);
  const first = events[0];
  if (first === undefined || first.seq > wants) return { fresh: [], wants };
  for (const { seq, hash } of events) if (seq < wants && kept(seq) !== hash) throw conflict(epochId, `keeps another event ${seq}`);
  const fresh = events.filter(({ seq }) => seq >= wants);
  // Else a trail that holds the start of another epoch of this name would take the rest of this one.
  if (last !== undefined && fresh[0] !== undefined && fresh[0].prev !== last.hash) {
    throw conflict(epochId, `keeps another event ${last.seq} than the one before ${fresh[0].seq}`);
  }
  return { fresh, wants: wants + fresh.length };
}

/** One epoch, one after another. Anything else is a defect of the caller. */
export function checkRow(epochId: string, events: readonly AuditEvent[]): void {
  const wrong = events.find(({ epoch_id, seq }, i) => epoch_id !== epochId || !Number.isSafeInteger(seq) || seq !== events[0]!.seq + i);
  if (wrong !== undefined || (events[0]?.seq ?? 1) < 1) {
    throw new AuraError("internal", `audit events of epoch ${epochId} are not in a row: ${wrong?.epoch_id ?? epochId} ${wrong?.seq ?? 0}`);
  }
}

function conflict(epochId: string, what: string): AuraError {
  return new AuraError("audit_conflict", `the audit trail ${what} of epoch ${epochId}`, {
    effect: "nothing was stored",
    fix: `see what differs with: aura-msg audit verify --epoch-id ${epochId}; for an earlier epoch of this name: take another id or another trail`,
  });
}
