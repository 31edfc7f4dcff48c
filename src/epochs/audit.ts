import type { PhaseId, Role } from "./phases.js";

/** Stored in audit trails: never rename one. */
export const AUDIT_TYPES = [
  "epoch_started",
  "phase_advance",
  "phase_transition",
  "vote_recorded",
  "blocker_recorded",
  "blocker_resolved",
  "constraint_check",
  "slice_started",
  "slice_completed",
  "session_registered",
  "session_ended",
  "review_cycle",
  "gate_answered",
  "epoch_cancelled",
] as const;
export type AuditType = (typeof AUDIT_TYPES)[number];

/** One thing that happened in an epoch. */
export interface AuditEvent {
  readonly epoch_id: string;
  /** From 1, without gaps. With the epoch id the deduplication key of every backend. */
  readonly seq: number;
  readonly type: AuditType;
  /** Of the epoch when it happened. */
  readonly phase: PhaseId;
  /** Of the agent who did it; of a person's deed the role that fits the event, such as reviewer for a vote. */
  readonly role: Role;
  readonly by: string;
  /** Workflow clock, ISO 8601. */
  readonly at: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The idempotency key of the message that caused it; empty when none did. */
  readonly key: string;
  /** Hash of the event before; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256, hex, of all the other fields: see `hashOf` in audit-chain.ts. */
  readonly hash: string;
}

/** What a reducer says happened; the workflow numbers and chains it. */
export type AuditDraft = Pick<AuditEvent, "type" | "payload"> & Partial<Pick<AuditEvent, "role" | "by" | "phase">>;

export interface AuditFilter {
  readonly phase?: PhaseId;
  readonly role?: Role;
  readonly type?: AuditType;
  /** Only events with a greater seq. */
  readonly after?: number;
}
