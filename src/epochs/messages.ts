import type { PhaseId, Role } from "./phases.js";
import type { SliceOutcome } from "./slice.js";

export const AXES = ["correctness", "test_quality", "elegance"] as const;
export type Axis = (typeof AXES)[number];
export const VOTES = ["ACCEPT", "REVISE"] as const;
export type Vote = (typeof VOTES)[number];
export const SEVERITIES = ["BLOCKER", "IMPORTANT", "MINOR"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Payloads of the epoch's messages. Field names are stored in histories and used by other clients: never rename one. */
export interface Message {
  /** Idempotency key: the same message sent twice counts once. A signal without one counts every time. */
  readonly key?: string;
  /** Who sends it, for the audit trail; default: unknown. */
  readonly by?: string;
}

export interface Advance extends Message {
  readonly to_phase: PhaseId;
  /** A person, a role or a session id. */
  readonly triggered_by?: string;
  /** At a user gate: the person's answer, word for word. */
  readonly condition_met?: string;
}

export interface CastVote extends Message {
  readonly axis: Axis;
  readonly vote: Vote;
  readonly reviewer_id: string;
  readonly comment?: string;
  /** Slices a REVISE is about. */
  readonly slice_ids?: readonly string[];
}

export interface Finding extends Message {
  readonly op: "add" | "resolve";
  /** Default: the next number (add), the oldest open one (resolve). */
  readonly id?: string;
  readonly severity?: Severity;
  readonly slice_id?: string;
  readonly description?: string;
}

/** A user gate's question, options and answer, each word for word. */
export interface GateAnswer extends Message {
  readonly question?: string;
  readonly options?: readonly string[];
  readonly answer: string;
  readonly answered_by: string;
}

export interface RegisterSession extends Message {
  readonly session_id: string;
  readonly role: Role;
  readonly model_harness?: string;
  readonly model?: string;
  /** Where its process runs, so that it can be seen to be gone. */
  readonly process?: SessionProcess;
}

export interface SessionProcess {
  readonly host: string;
  readonly pid: number;
  /** As the kernel tells it; with the boot id it tells the process from later users of the pid. */
  readonly start_time: string;
  readonly boot_id: string;
}

export interface EndSession extends Message {
  readonly session_id: string;
  readonly reason?: string;
}

/** Told by an agent or a person; overrides what the slice's own process says. */
export interface CompleteSlice extends Message {
  readonly slice_id: string;
  readonly success: boolean;
  readonly output?: string;
  readonly error?: string;
}

export interface SliceProgress extends Message {
  readonly slice_id: string;
  readonly leaf_task_id: string;
  readonly stage_name: string;
  readonly completed: boolean;
}

export interface RetrySlice extends Message {
  readonly slice_id: string;
}

export interface MoveSlice extends Message {
  readonly slice_id: string;
  readonly to_host: string;
}

export interface CancelEpoch extends Message {
  readonly reason: string;
}

/** From a SliceWorkflow to its epoch. Out-of-date attempts are ignored. */
export interface SliceReport {
  readonly slice_id: string;
  readonly attempt: number;
  readonly state: "running" | "lost" | "ended";
  readonly host: string;
  readonly pid?: number;
  readonly outcome?: SliceOutcome;
  /** Why it is lost, or how it ended, in a line. */
  readonly reason?: string;
}
