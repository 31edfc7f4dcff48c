import type { AuditEvent, AuditFilter } from "./audit.js";
import type {
  Advance,
  Axis,
  CancelEpoch,
  CastVote,
  CompleteSlice,
  EndSession,
  Finding,
  GateAnswer,
  MoveSlice,
  RegisterSession,
  RetrySlice,
} from "./messages.js";
import type { PhaseId, Role } from "./phases.js";
import type { SlicePlan, SliceStatus } from "./slice.js";
import type {
  CastBallot,
  EpochStatus,
  OpenFinding,
  RecordedAnswer,
  Reply,
  Session,
  SliceProgressRecord,
  TransitionRecord,
  Violation,
} from "./state.js";

export interface AvailableTransition {
  readonly to_phase: PhaseId;
  readonly condition: string;
  readonly action: string;
}

/** `query state --json` and GET /v1/epochs/ID. */
export interface EpochDocument {
  readonly schema_version: 1;
  readonly epoch_id: string;
  readonly description: string;
  readonly status: EpochStatus;
  readonly reason: string;
  readonly current_phase: PhaseId;
  readonly phase_name: string;
  readonly domain: string;
  readonly current_role: Role;
  readonly host: string;
  readonly started_by: string;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly completed_phases: readonly PhaseId[];
  readonly votes: Readonly<Partial<Record<Axis, CastBallot>>>;
  readonly available_transitions: readonly AvailableTransition[];
  /** What keeps the forward transition from being taken now, a line each; empty when nothing does. */
  readonly missing: readonly string[];
  readonly blocker_count: number;
  readonly findings: readonly OpenFinding[];
  /** Ids of open findings by severity; null before p10. */
  readonly severity_groups: Readonly<Record<"BLOCKER" | "IMPORTANT" | "MINOR", readonly string[]>> | null;
  readonly answers: readonly RecordedAnswer[];
  readonly transition_history: readonly TransitionRecord[];
  readonly transition_count: number;
  readonly last_error: string | null;
  readonly violations: readonly Violation[];
  readonly violation_count: number;
  readonly slices: readonly SliceStatus[];
  readonly sessions: readonly ShownSession[];
  readonly active_session_count: number;
  readonly progress: readonly SliceProgressRecord[];
}

export interface ShownSession extends Session {
  /** active: its process lives, or nothing is known against it. gone: its process is not there any more. */
  readonly state: "active" | "gone" | "ended";
}

/** `epoch list` and GET /v1/epochs, by visibility. */
export interface EpochRow {
  readonly epoch_id: string;
  readonly phase: PhaseId | "";
  /** Of the workflow where the epoch did not set its own: running, complete, cancelled, terminated, … */
  readonly status: string;
  readonly host: string;
  readonly started_at: string;
  readonly ended_at: string | null;
}

export interface StartRequest {
  readonly epoch_id: string;
  readonly description: string;
  readonly plan: SlicePlan | null;
  readonly by: string;
}

/**
 * Everything `aura-msg` and the HTTP API can ask of epochs. Two implementations: over Temporal and over this host's socket.
 * A refusal by the protocol is a `Reply` with success false; every other failure is an AuraError.
 */
export interface EpochsControl {
  start(request: StartRequest): Promise<{ readonly workflow_id: string; readonly run_id: string }>;
  list(): Promise<readonly EpochRow[]>;
  state(epochId: string): Promise<EpochDocument>;
  advance(epochId: string, message: Advance): Promise<Reply>;
  vote(epochId: string, message: CastVote): Promise<Reply>;
  finding(epochId: string, message: Finding): Promise<Reply>;
  answer(epochId: string, message: GateAnswer): Promise<Reply>;
  registerSession(epochId: string, message: RegisterSession): Promise<Reply>;
  endSession(epochId: string, message: EndSession): Promise<Reply>;
  completeSlice(epochId: string, message: CompleteSlice): Promise<Reply>;
  retrySlice(epochId: string, message: RetrySlice): Promise<Reply>;
  moveSlice(epochId: string, message: MoveSlice): Promise<Reply>;
  cancel(epochId: string, message: CancelEpoch): Promise<Reply>;
  /** From the audit trail of the aurad that is asked; over Temporal from the workflow itself. */
  audit(epochId: string, filter: AuditFilter): Promise<readonly AuditEvent[]>;
  /** What the workflow itself still holds, its newest events, whichever trail there is; `audit verify` compares with it. */
  keptAudit(epochId: string): Promise<readonly AuditEvent[]>;
  /** The workflow's history as Temporal's own JSON; for `epoch export`. */
  history(epochId: string): Promise<unknown>;
}
