import type { AuditDraft } from "./audit.js";
import { recordAnswer } from "./answers.js";
import { GATES, answerOfVisit, hasRevise } from "./gates.js";
import type { Advance } from "./messages.js";
import { COMPLETE, phaseOf, type PhaseId } from "./phases.js";
import { reviewCycles } from "./review-cycles.js";
import { actorRole, owns } from "./roles.js";
import type { EpochState, TransitionRecord } from "./state.js";
import { accepted, draft, iso, listed, newest, type Outcome } from "./step.js";
import { edge, edgesFrom, type Edge } from "./transitions.js";

const TRANSITIONS_KEPT = 200;

/** Takes an edge, or refuses with every gate that is not passed. Both are recorded. */
export function advance(state: EpochState, message: Advance, at: number): Outcome {
  const refusals = refusalsOf(state, message);
  const taken = edge(state.phase, message.to_phase);
  return refusals.length > 0 || taken === undefined ? refusedAdvance(state, message, refusals, at) : take(state, message, taken, at);
}

/** Every reason why this advance cannot be; empty when it can. */
export function refusalsOf(state: EpochState, message: Advance): readonly string[] {
  if (state.status === "cancelled") return ["the epoch is cancelled; start another one"];
  if (state.phase === "complete") return ["the epoch is complete; start another one"];
  const taken = edge(state.phase, message.to_phase);
  if (taken === undefined) {
    const possible = edgesFrom(state.phase).map(({ to }) => to);
    return [`no way from ${state.phase} to ${message.to_phase}; possible: ${possible.join(", ")}`];
  }
  return [...taken.gates.flatMap((gate) => GATES[gate](state, taken)), ...userGate(state, message), ...roleGate(state, message)];
}

/** Leaving p2, p5 and p11 is a person's answer, in whichever direction; an agent has to bring the person's words. */
function userGate(state: EpochState, message: Advance): readonly string[] {
  const { userGate: gated, name, id } = phaseOf(state.phase);
  if (!gated) return [];
  const who = message.triggered_by ?? "";
  if (who === "") return [`user gate: leaving ${id} (${name}) is a person's answer; say who with --triggered-by`];
  const words = (message.condition_met ?? "") !== "" || answerOfVisit(state) !== undefined;
  if (actorRole(state, who) === null || words) return [];
  return [`user gate: ${who} is an agent; give the person's words with --condition, or record the answer first`];
}

function roleGate(state: EpochState, message: Advance): readonly string[] {
  const role = actorRole(state, message.triggered_by);
  if (role === null || owns(role, state.phase)) return [];
  return [`role gate: ${role} does not own ${state.phase}; it is for ${listed(phaseOf(state.phase).owners)}, or a person`];
}

function refusedAdvance(state: EpochState, message: Advance, refusals: readonly string[], at: number): Outcome {
  const error = refusals.join("; ");
  const by = message.triggered_by ?? message.by ?? "";
  const events = [draft(state, "phase_advance", by, { from: state.phase, to: message.to_phase, success: false, refused: refusals })];
  const kept = { ...state, last_error: error, ...recorded(state, message, `FAILED: ${error}`, false, at) };
  return { state: kept, events, refused: refusals };
}

function take(state: EpochState, message: Advance, taken: Edge, at: number): Outcome {
  const by = message.triggered_by ?? message.by ?? "";
  const answered = answerAtGate(state, message, at);
  const before = answered.state;
  const again = reviewCycles(before, taken);
  const entered = enter({ ...before, slices: again.slices }, taken, at);
  const next = { ...entered, last_error: null, ...recorded(before, message, conditionOf(before, message), true, at) };
  const payload = { from: taken.from, to: taken.to };
  return accepted(
    next,
    [
      ...answered.events,
      draft(before, "phase_advance", by, { ...payload, success: true, condition: message.condition_met ?? "" }),
      draft(next, "phase_transition", by, { ...payload, condition: taken.condition, action: taken.action }),
      ...again.events.map((event) => ({ ...event, by })),
    ],
    again.events.length === 0 ? undefined : again.restarted,
  );
}

/** The person's words: those that came along, else those recorded in this visit, else the choice itself. */
function answerAtGate(state: EpochState, message: Advance, at: number): { state: EpochState; events: readonly AuditDraft[] } {
  if (!phaseOf(state.phase).userGate) return { state, events: [] };
  const words = message.condition_met ?? "";
  if (words === "" && answerOfVisit(state) !== undefined) return { state, events: [] };
  const options = words === "" ? edgesFrom(state.phase).map(({ to }) => to) : [];
  return recordAnswer(state, { answer: words === "" ? message.to_phase : words, answered_by: message.triggered_by ?? "", options }, at);
}

function conditionOf(state: EpochState, message: Advance): string {
  return message.condition_met ?? (phaseOf(state.phase).userGate ? (answerOfVisit(state)?.answer ?? "") : "");
}

/** Being in the next phase: votes are gone, the visit is counted, the round's things are made. */
function enter(state: EpochState, { from, to, backward }: Edge, at: number): EpochState {
  const end = to === COMPLETE.id;
  return {
    ...state,
    phase: to,
    status: end ? "complete" : state.status,
    ended_at: end ? iso(at) : state.ended_at,
    completed: completedAfter(state.completed, from, to, backward),
    visits: { ...state.visits, [to]: (state.visits[to] ?? 0) + 1 },
    votes: {},
    proposal: to === "p3" ? state.proposal + 1 : state.proposal,
    severity_groups: state.severity_groups || to === "p10",
  };
}

/** Going back undoes the completion of everything from there on. */
function completedAfter(completed: readonly PhaseId[], from: PhaseId, to: PhaseId, backward: boolean): readonly PhaseId[] {
  if (!backward) return [...completed.filter((id) => id !== from), from];
  const again = completed.indexOf(to);
  return again < 0 ? completed : completed.slice(0, again);
}

function recorded(
  state: EpochState,
  message: Advance,
  condition: string,
  success: boolean,
  at: number,
): Pick<EpochState, "transitions" | "transition_count"> {
  const record: TransitionRecord = {
    from_phase: state.phase,
    to_phase: message.to_phase,
    timestamp: iso(at),
    triggered_by: message.triggered_by ?? message.by ?? "",
    condition_met: condition,
    success,
  };
  return { transitions: newest([...state.transitions, record], TRANSITIONS_KEPT), transition_count: state.transition_count + 1 };
}

/** Edges that may be taken now; a user gate's answer comes along with the advance. */
export function openEdges(state: EpochState): readonly Edge[] {
  if (state.status !== "running") return [];
  return edgesFrom(state.phase).filter((way) =>
    hasRevise(state) ? way.backward : way.gates.every((gate) => GATES[gate](state, way).length === 0),
  );
}
