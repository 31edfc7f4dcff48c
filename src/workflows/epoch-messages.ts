import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { AuditEvent, AuditFilter } from "../epochs/audit.js";
import type { AvailableTransition, EpochDocument } from "../epochs/control.js";
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
  SliceProgress,
  SliceReport,
  Vote,
} from "../epochs/messages.js";
import type { EpochCommand } from "../epochs/epoch.js";
import type { PhaseId } from "../epochs/phases.js";
import type { PlannedSlice, SliceOutcome } from "../epochs/slice.js";
import type { EpochState, EpochStatus, Reply, Session, SliceProgressRecord, StartEpoch } from "../epochs/state.js";

// Signal, update and query names are stored in histories and used by other clients: never rename one.
// Every update exists as a signal of the same name, for clients that want no answer.

export const advanceUpdate = defineUpdate<Reply, [Advance]>("advance_phase");
export const voteUpdate = defineUpdate<Reply, [CastVote]>("submit_vote");
export const findingUpdate = defineUpdate<Reply, [Finding]>("record_blocker");
export const answerUpdate = defineUpdate<Reply, [GateAnswer]>("answer_gate");
export const registerSessionUpdate = defineUpdate<Reply, [RegisterSession]>("register_session");
export const endSessionUpdate = defineUpdate<Reply, [EndSession]>("end_session");
export const completeSliceUpdate = defineUpdate<Reply, [CompleteSlice]>("complete_slice");
export const retrySliceUpdate = defineUpdate<Reply, [RetrySlice]>("retry_slice");
export const moveSliceUpdate = defineUpdate<Reply, [MoveSlice]>("move_slice");
export const cancelUpdate = defineUpdate<Reply, [CancelEpoch]>("cancel");

export const advanceSignal = defineSignal<[Advance]>("advance_phase");
export const voteSignal = defineSignal<[CastVote]>("submit_vote");
export const findingSignal = defineSignal<[Finding]>("record_blocker");
export const answerSignal = defineSignal<[GateAnswer]>("answer_gate");
export const registerSessionSignal = defineSignal<[RegisterSession]>("register_session");
export const endSessionSignal = defineSignal<[EndSession]>("end_session");
/** On the epoch: the slice is named. On a SliceWorkflow: it is the one meant. */
export const completeSliceSignal = defineSignal<[CompleteSlice]>("complete_slice");
export const retrySliceSignal = defineSignal<[RetrySlice]>("retry_slice");
export const moveSliceSignal = defineSignal<[MoveSlice]>("move_slice");
export const cancelSignal = defineSignal<[CancelEpoch]>("cancel");
export const sliceProgressSignal = defineSignal<[SliceProgress]>("slice_progress");

/** From a slice's workflow to its epoch. */
export const sliceReportSignal = defineSignal<[SliceReport]>("slice_report");
/** To a slice's workflow: its process is to be ended; `outcome` is what is to be told then. */
export const stopSliceSignal = defineSignal<[{ readonly attempt: number; readonly reason: string }]>("stop_slice");
/** From the aurad of a host to a slice's workflow: the attempt is known here, begin to wait for it anew. */
export const reattachSignal = defineSignal<[Reattach]>("reattach");
/** To a slice's workflow, from clients of the earlier protocol: a review-fix cycle. */
export const reviewCycleSignal = defineSignal<[{ readonly cycle_number: number; readonly reviewer_feedback?: string }]>("review_cycle");
/** To a review's workflow: votes that the epoch recorded, oldest first, or the end of the round. */
export const voteRecordedSignal = defineSignal<CastVote[]>("vote_recorded");
export const roundEndedSignal = defineSignal<[RoundEnd]>("round_ended");

export const currentStateQuery = defineQuery<EpochState>("current_state");
export const fullStateQuery = defineQuery<EpochDocument>("full_state");
export const availableTransitionsQuery = defineQuery<readonly AvailableTransition[]>("available_transitions");
export const sliceProgressQuery = defineQuery<readonly SliceProgressRecord[]>("slice_progress_state");
export const activeSessionsQuery = defineQuery<readonly Session[]>("active_sessions");
export const auditEventsQuery = defineQuery<readonly AuditEvent[], [AuditFilter?]>("audit_events");
/** What the message of that key was answered; null when the epoch does not remember one. */
export const replyQuery = defineQuery<Reply | null, [string]>("reply");
/** Of a slice's workflow. */
export const reviewCyclesQuery = defineQuery<readonly ReviewCycle[]>("review_cycles");
export const reviewCycleCountQuery = defineQuery<number>("review_cycle_count");
/** Of a review's workflow. */
export const reviewStateQuery = defineQuery<ReviewState>("review_state");

/** Every update, and the signal of the same name, with what the reducer calls it. */
export const MESSAGES = {
  advance_phase: "advance",
  submit_vote: "vote",
  record_blocker: "finding",
  answer_gate: "answer",
  register_session: "register_session",
  end_session: "end_session",
  complete_slice: "complete_slice",
  retry_slice: "retry_slice",
  move_slice: "move_slice",
  cancel: "cancel",
} as const satisfies Record<string, EpochCommand["kind"]>;

/** What arrives as a signal only. */
export const REPORTS = {
  slice_progress: "slice_progress",
  slice_report: "slice_report",
} as const satisfies Record<string, EpochCommand["kind"]>;

export interface EpochInput {
  readonly start: StartEpoch;
  /** `temporal`: the workflow keeps the trail itself and calls no activity for it. */
  readonly audit: "trail" | "temporal";
  /** Carried over continue-as-new. */
  readonly carried?: EpochCarried;
}

export interface EpochCarried {
  readonly state: EpochState;
  /** The newest events, at most AUDIT_KEPT. */
  readonly events: readonly AuditEvent[];
  /** Next seq that the trail wants. */
  readonly delivered: number;
  /** Replies to the newest messages by key. */
  readonly replies: readonly (readonly [string, Reply])[];
  /** Advances that were taken. */
  readonly advances: number;
  /** Children that run: `slice/ID@ATTEMPT`, `review/PHASE@ROUND`. */
  readonly children: readonly string[];
  /** Those of them that have been told to stop. */
  readonly stopping: readonly string[];
  /** Votes that a review has not been told yet. */
  readonly untold: readonly (readonly [review: string, votes: readonly CastVote[]])[];
}

/** What an epoch's workflow returns. */
export interface EpochResult {
  readonly epoch_id: string;
  readonly status: EpochStatus;
  readonly final_phase: PhaseId;
  readonly transition_count: number;
  readonly successful_transition_count: number;
  readonly constraint_violations_total: number;
}

export interface SliceInput {
  readonly epoch_id: string;
  readonly epoch_started_at: string;
  readonly slice: PlannedSlice;
  readonly attempt: number;
  readonly host: string;
  readonly phase: string;
  readonly role: string;
  /** Carried over continue-as-new. */
  readonly carried?: { readonly lost: boolean; readonly cycles: readonly ReviewCycle[] };
}

export interface Reattach {
  readonly attempt: number;
  readonly host: string;
  /** Of the epoch that began the attempt; one of an earlier epoch of the same id is nobody's. */
  readonly epoch_started_at?: string;
}

export interface ReviewCycle {
  readonly cycle_number: number;
  readonly reviewer_feedback: string;
  readonly at: string;
}

/** What a slice's workflow returns. */
export interface SliceEnd {
  readonly slice_id: string;
  readonly attempt: number;
  readonly outcome: SliceOutcome;
  readonly reason: string;
}

export interface ReviewInput {
  readonly epoch_id: string;
  readonly phase: "p4" | "p10";
  readonly round: number;
  /** Carried over continue-as-new. */
  readonly votes?: readonly CastVote[];
}

export interface RoundEnd {
  /** Where the epoch went; its own phase when it was cancelled. */
  readonly to_phase: string;
  /** Votes that were not told before. */
  readonly votes?: readonly CastVote[];
}

export interface ReviewState {
  readonly epoch_id: string;
  readonly phase_id: "p4" | "p10";
  readonly round: number;
  /** The newest of each axis. */
  readonly votes: Readonly<Partial<Record<Axis, CastVote>>>;
}

/** What a review's workflow returns once its round has ended. */
export interface ReviewResult extends ReviewState {
  readonly success: boolean;
  readonly vote_result: Readonly<Partial<Record<Axis, Vote>>>;
  readonly to_phase: string;
}
