import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils";
import type { AuditDraft, AuditEvent } from "./audit.js";
import type { PhaseId, Role } from "./phases.js";

/** `prev` of an epoch's first event. */
export const FIRST_PREV = "0".repeat(64);

export interface ChainContext {
  readonly epoch_id: string;
  /** For drafts that do not name their own. */
  readonly phase: PhaseId;
  readonly role: Role;
  /** Workflow clock, ms since the Unix epoch. */
  readonly at: number;
  /** Idempotency key of the message; empty when none. */
  readonly key: string;
  /** The event that the new ones follow; null: these are the first. */
  readonly last: Pick<AuditEvent, "seq" | "hash"> | null;
}

export interface ChainCheck {
  readonly ok: boolean;
  /** A line each; empty when ok. */
  readonly problems: readonly string[];
}

/** Numbers and chains what a step said happened. */
export function chain(drafts: readonly AuditDraft[], context: ChainContext): AuditEvent[] {
  const events: AuditEvent[] = [];
  let last = context.last;
  for (const draft of drafts) {
    const open: Omit<AuditEvent, "hash"> = {
      epoch_id: context.epoch_id,
      seq: (last?.seq ?? 0) + 1,
      type: draft.type,
      phase: draft.phase ?? context.phase,
      role: draft.role ?? context.role,
      by: draft.by ?? "",
      at: new Date(context.at).toISOString(),
      payload: draft.payload,
      key: context.key,
      prev: last?.hash ?? FIRST_PREV,
    };
    const event = { ...open, hash: hashOf(open) };
    events.push(event);
    last = event;
  }
  return events;
}

/**
 * SHA-256, hex, of the event without its hash: canonical JSON of the list
 * [epoch_id, seq, type, phase, role, by, at, payload, key, prev]. Anybody can compute it again.
 */
export function hashOf(event: Omit<AuditEvent, "hash">): string {
  const { epoch_id, seq, type, phase, role, by, at, payload, key, prev } = event;
  return bytesToHex(sha256(utf8ToBytes(canonical([epoch_id, seq, type, phase, role, by, at, payload, key, prev]))));
}

/** Holds a trail to its numbers and hashes. A trail that does not begin at 1 is checked from where it begins. */
export function verifyChain(events: readonly AuditEvent[]): ChainCheck {
  const problems = events.flatMap((event, index) => {
    const before = events[index - 1];
    const found: string[] = [];
    if (before === undefined) {
      if (event.seq === 1 && event.prev !== FIRST_PREV) found.push("event 1: prev is not the sign of a beginning");
    } else {
      if (event.epoch_id !== before.epoch_id) found.push(`event ${event.seq}: belongs to epoch ${event.epoch_id}, not ${before.epoch_id}`);
      if (event.seq !== before.seq + 1) found.push(`event ${event.seq}: follows event ${before.seq}; what was between is missing`);
      else if (event.prev !== before.hash) found.push(`event ${event.seq}: prev is not the hash of event ${before.seq}`);
    }
    if (event.hash !== hashOf(event)) found.push(`event ${event.seq}: was changed after it was written, its hash does not fit`);
    return found;
  });
  return { ok: problems.length === 0, problems };
}

/** JSON with the keys of every object sorted; fields that are undefined are left out, as in JSON itself. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonical(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(",")}}`;
}
