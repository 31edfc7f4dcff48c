import type { AuditDraft } from "./audit.js";
import type {
  Advance,
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
} from "./messages.js";
import { phaseOf, type Role } from "./phases.js";
import { actorRole } from "./roles.js";
import type { EpochState, Reply } from "./state.js";

/** Starts that the workflow has carried out; what `planSlices` asked for. */
export interface SlicesStarted {
  readonly starts: readonly { readonly slice_id: string; readonly attempt: number; readonly host: string }[];
}

/** Everything that can happen to an epoch. */
export type EpochCommand =
  | { readonly kind: "advance"; readonly message: Advance }
  | { readonly kind: "vote"; readonly message: CastVote }
  | { readonly kind: "finding"; readonly message: Finding }
  | { readonly kind: "answer"; readonly message: GateAnswer }
  | { readonly kind: "register_session"; readonly message: RegisterSession }
  | { readonly kind: "end_session"; readonly message: EndSession }
  | { readonly kind: "complete_slice"; readonly message: CompleteSlice }
  | { readonly kind: "retry_slice"; readonly message: RetrySlice }
  | { readonly kind: "move_slice"; readonly message: MoveSlice }
  | { readonly kind: "slice_progress"; readonly message: SliceProgress }
  | { readonly kind: "slice_report"; readonly message: SliceReport }
  | { readonly kind: "slices_started"; readonly message: SlicesStarted }
  | { readonly kind: "cancel"; readonly message: CancelEpoch };

export interface Step {
  readonly state: EpochState;
  readonly reply: Reply;
  /** What happened, for the audit trail; numbered and chained by the workflow. */
  readonly events: readonly AuditDraft[];
}

/** What one noun's reducer returns; epoch.ts makes a whole step of it. */
export interface Outcome {
  readonly state: EpochState;
  readonly events: readonly AuditDraft[];
  readonly refused: readonly string[];
  readonly ids?: readonly string[];
}

export function accepted(state: EpochState, events: readonly AuditDraft[] = [], ids?: readonly string[]): Outcome {
  return { state, events, refused: [], ...(ids === undefined ? {} : { ids }) };
}

export function refused(state: EpochState, ...lines: readonly string[]): Outcome {
  return { state, events: [], refused: lines };
}

/** A draft of the epoch's present phase; its role is that of who did it, else the one that fits the event. */
export function draft(
  state: EpochState,
  type: AuditDraft["type"],
  by: string,
  payload: AuditDraft["payload"],
  fitting: Role = phaseOf(state.phase).lead,
): AuditDraft {
  return { type, phase: state.phase, role: actorRole(state, by) ?? fitting, by, payload };
}

/** Timestamps of records: ISO 8601 of the workflow's clock. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** The newest `count` of a list, which an epoch that is open for months keeps within bounds. */
export function newest<T>(list: readonly T[], count: number): readonly T[] {
  return list.length > count ? list.slice(-count) : list;
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
