import type { Axis, RegisterSession, Severity, SliceProgress, Vote } from "./messages.js";
import type { PhaseId, Role } from "./phases.js";
import type { SlicePlan, SliceStatus } from "./slice.js";

export type EpochStatus = "running" | "complete" | "cancelled";

export interface CastBallot {
  readonly vote: Vote;
  readonly reviewer_id: string;
  readonly at: string;
  readonly comment?: string;
  readonly slice_ids?: readonly string[];
}

export interface OpenFinding {
  readonly id: string;
  readonly severity: Severity;
  readonly slice_id: string | null;
  readonly description: string;
  readonly by: string;
  readonly at: string;
  readonly resolved_at: string | null;
}

export interface TransitionRecord {
  readonly from_phase: PhaseId;
  readonly to_phase: PhaseId;
  readonly timestamp: string;
  readonly triggered_by: string;
  /** What the caller gave; of a refused advance `FAILED: ` and why. */
  readonly condition_met: string;
  readonly success: boolean;
}

export interface Violation {
  /** `C-…`. */
  readonly constraint: string;
  readonly phase: PhaseId;
  readonly at: string;
  readonly message: string;
  /** It kept something from happening. */
  readonly blocking: boolean;
}

export interface Session extends Omit<RegisterSession, "key" | "by"> {
  readonly registered_at: string;
  readonly last_seen: string;
  readonly ended_at: string | null;
  readonly end_reason: string;
}

export interface RecordedAnswer {
  readonly phase: PhaseId;
  /** The round of the phase that it answers: an answer never serves a later visit. */
  readonly visit: number;
  readonly question: string;
  readonly options: readonly string[];
  readonly answer: string;
  readonly answered_by: string;
  readonly at: string;
}

export type SliceProgressRecord = Omit<SliceProgress, "key" | "by"> & { readonly at: string };

/** Everything an epoch knows; carried over continue-as-new as it is. Plain JSON. */
export interface EpochState {
  readonly epoch_id: string;
  readonly description: string;
  /** Who started it. */
  readonly started_by: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly status: EpochStatus;
  /** Why it was cancelled. */
  readonly reason: string;
  readonly phase: PhaseId;
  readonly completed: readonly PhaseId[];
  /** How often each phase was entered. */
  readonly visits: Readonly<Partial<Record<PhaseId, number>>>;
  readonly votes: Readonly<Partial<Record<Axis, CastBallot>>>;
  /** Every blocker and other finding of code review, resolved ones too. */
  readonly findings: readonly OpenFinding[];
  /** The three groups are made on the first entry to p10. */
  readonly severity_groups: boolean;
  readonly answers: readonly RecordedAnswer[];
  /** The last 200. */
  readonly transitions: readonly TransitionRecord[];
  readonly transition_count: number;
  readonly last_error: string | null;
  /** The last 200. */
  readonly violations: readonly Violation[];
  readonly violation_count: number;
  /** Of PROPOSAL-N; 0 before the first. */
  readonly proposal: number;
  readonly sessions: Readonly<Record<string, Session>>;
  readonly plan: SlicePlan | null;
  readonly slices: Readonly<Record<string, SliceStatus>>;
  /** The last 500. */
  readonly progress: readonly SliceProgressRecord[];
  /** Host of slices that name none. */
  readonly host: string;
}

export interface StartEpoch {
  readonly epoch_id: string;
  readonly description: string;
  readonly plan: SlicePlan | null;
  readonly host: string;
  readonly by: string;
}

/** What every message is answered with. */
export interface Reply {
  /** False: refused, and nothing changed but the record of it. */
  readonly success: boolean;
  /** Why not, each in a line: a gate that is not passed, a rule that does not hold. */
  readonly refused: readonly string[];
  readonly phase: PhaseId;
  readonly role: Role;
  /** Ids that the message made or changed, such as a finding's. */
  readonly ids?: readonly string[];
}
