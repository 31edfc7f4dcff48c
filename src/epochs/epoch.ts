import { advance } from "./advance.js";
import { answer } from "./answers.js";
import type { AuditDraft } from "./audit.js";
import { cancel } from "./cancel.js";
import { problemOf } from "./check-message.js";
import { violationsOf } from "./constraints/check.js";
import { finding } from "./findings.js";
import { phaseOf, type PhaseId } from "./phases.js";
import { endSession, registerSession, seen } from "./sessions.js";
import { completeSlice, moveSlice, retrySlice } from "./slice-orders.js";
import { plannedSlices, sliceProgress, sliceReport, slicesStarted } from "./slices.js";
import type { EpochState, StartEpoch, Violation } from "./state.js";
import { accepted, draft, iso, newest, refused, type EpochCommand, type Outcome, type Step } from "./step.js";
import { vote } from "./votes.js";

export type { EpochCommand, SlicesStarted, Step } from "./step.js";

const VIOLATIONS_KEPT = 200;

/** An epoch in its first phase. `at`: ms since the Unix epoch, of the workflow's clock, as in `nextEpoch`. */
export function initialEpoch(start: StartEpoch, at: number): Step {
  const state: EpochState = {
    epoch_id: start.epoch_id,
    description: start.description,
    started_by: start.by,
    started_at: iso(at),
    ended_at: null,
    status: "running",
    reason: "",
    phase: "p1",
    completed: [],
    visits: { p1: 1 },
    votes: {},
    findings: [],
    severity_groups: false,
    answers: [],
    transitions: [],
    transition_count: 0,
    last_error: null,
    violations: [],
    violation_count: 0,
    proposal: 0,
    sessions: {},
    plan: start.plan,
    slices: plannedSlices(start.plan, start.host),
    progress: [],
    host: start.host,
  };
  const payload = { description: start.description, host: start.host, slices: (start.plan?.slices ?? []).map((slice) => slice.id) };
  return stepOf(accepted(state, [draft(state, "epoch_started", start.by, payload)]));
}

/**
 * The reducer of one epoch: every decision is made here, none in the workflow. Pure and total: a malformed message is
 * refused, so that a signal, which no validator sees, does no harm. A refusal leaves all as it was but the record of it.
 */
export function nextEpoch(state: EpochState, command: EpochCommand, at: number): Step {
  const problem = problemOf(command);
  const outcome = problem === null ? reduce(state, command, at) : refused(state, problem);
  const found = violationsOf({ before: state, command, after: outcome.state, refused: outcome.refused }, problem !== null);
  return stepOf(withViolations(outcome, found, state.phase, byOf(command), at));
}

function reduce(state: EpochState, command: EpochCommand, at: number): Outcome {
  const ended = state.status !== "running" && !AFTER_THE_END.has(command.kind);
  if (ended) return refused(state, `the epoch is ${state.status}; start another one`);
  return apply(seen(state, namesIn(command), at), command, at);
}

/** Advances answer for themselves: a refused one is recorded, also after the end. */
const AFTER_THE_END: ReadonlySet<EpochCommand["kind"]> = new Set(["advance", "end_session", "slice_report"]);

function apply(state: EpochState, command: EpochCommand, at: number): Outcome {
  switch (command.kind) {
    case "advance":
      return advance(state, command.message, at);
    case "vote":
      return vote(state, command.message, at);
    case "finding":
      return finding(state, command.message, at);
    case "answer":
      return answer(state, command.message, at);
    case "register_session":
      return registerSession(state, command.message, at);
    case "end_session":
      return endSession(state, command.message, at);
    case "complete_slice":
      return completeSlice(state, command.message, at);
    case "retry_slice":
      return retrySlice(state, command.message);
    case "move_slice":
      return moveSlice(state, command.message);
    case "slice_progress":
      return sliceProgress(state, command.message, at);
    case "slice_report":
      return sliceReport(state, command.message, at);
    case "slices_started":
      return slicesStarted(state, command.message, at);
    case "cancel":
      return cancel(state, command.message, at);
  }
}

/** Who does it, as far as the message says. */
function byOf(command: EpochCommand): string {
  const names = namesIn(command).filter((name) => name !== undefined && name !== "");
  return names[0] ?? "";
}

function namesIn(command: EpochCommand): readonly (string | undefined)[] {
  const message: unknown = command.message;
  if (typeof message !== "object" || message === null) return [];
  const { triggered_by, reviewer_id, answered_by, by } = message as Readonly<Record<string, unknown>>;
  return [triggered_by, reviewer_id, answered_by, by].map((name) => (typeof name === "string" ? name : undefined));
}

function withViolations(
  outcome: Outcome,
  found: readonly Pick<Violation, "constraint" | "message" | "blocking">[],
  phase: PhaseId,
  by: string,
  at: number,
): Outcome {
  if (found.length === 0) return outcome;
  const { state } = outcome;
  const records = found.map(({ constraint, message, blocking }) => ({ constraint, phase, at: iso(at), message, blocking }));
  const events: AuditDraft[] = found.map((violation) => draft({ ...state, phase }, "constraint_check", by, { ...violation }));
  return {
    ...outcome,
    state: {
      ...state,
      violations: newest([...state.violations, ...records], VIOLATIONS_KEPT),
      violation_count: state.violation_count + records.length,
    },
    events: [...outcome.events, ...events],
  };
}

function stepOf({ state, events, refused: lines, ids }: Outcome): Step {
  const reply = { success: lines.length === 0, refused: lines, phase: state.phase, role: phaseOf(state.phase).lead };
  return { state, events, reply: ids === undefined ? reply : { ...reply, ids } };
}
