import { AXES } from "./messages.js";
import { phaseOf, isReviewPhase } from "./phases.js";
import { orderedSlices, plannedSlice } from "./schedule.js";
import type { SliceStatus } from "./slice.js";
import type { EpochState, OpenFinding, RecordedAnswer } from "./state.js";
import { listed } from "./step.js";
import type { Edge, Gate } from "./transitions.js";

/** Why a gate is not passed, each in a line with what to do about it. Empty: passed. */
export const GATES: Readonly<Record<Gate, (state: EpochState, edge: Edge) => readonly string[]>> = {
  consensus(state) {
    const revising = AXES.filter((axis) => state.votes[axis]?.vote === "REVISE");
    const missing = AXES.filter((axis) => state.votes[axis] === undefined);
    const back = state.phase === "p4" ? "p3" : "p9";
    return [
      ...(revising.length === 0
        ? []
        : [`consensus gate: REVISE stands on ${listed(revising)}; go back to ${back}, or have the reviewer change the vote`]),
      ...(missing.length === 0 ? [] : [`consensus gate: no vote on ${listed(missing)}; three ACCEPT votes are needed`]),
    ];
  },
  blocker(state) {
    const open = openFindings(state).filter((finding) => finding.severity === "BLOCKER");
    return open.length === 0
      ? []
      : [
          `blocker gate: ${open.length} open BLOCKER (${listed(open.map((finding) => finding.id).slice(0, 10))}); resolve, or go back to ${state.phase === "p10" ? "p9" : "p10"}`,
        ];
  },
  slices(state) {
    const undone = orderedSlices(state).filter((slice) => !isDone(state, slice));
    return undone.length === 0
      ? []
      : [
          `slices gate: ${listed(undone.slice(0, 10).map((slice) => `${slice.id} (${slice.state})`))}${undone.length > 10 ? " and more" : ""} not succeeded; wait, retry or complete`,
        ];
  },
};

/** A REVISE keeps every way but the one back shut, in the two review phases. */
export function hasRevise(state: EpochState): boolean {
  return isReviewPhase(state.phase) && AXES.some((axis) => state.votes[axis]?.vote === "REVISE");
}

export function openFindings(state: Pick<EpochState, "findings">): readonly OpenFinding[] {
  return state.findings.filter((finding) => finding.resolved_at === null);
}

/** The newest answer of the present visit of the phase. */
export function answerOfVisit(state: EpochState): RecordedAnswer | undefined {
  return state.answers.findLast((answer) => answer.phase === state.phase && answer.visit === (state.visits[state.phase] ?? 1));
}

/** What a user gate still wants for its forward way; null where there is none or it is answered. */
export function missingAnswer(state: EpochState): string | null {
  const { userGate, name, id } = phaseOf(state.phase);
  if (!userGate || answerOfVisit(state) !== undefined) return null;
  return `user gate: leaving ${id} (${name}) is a person's answer; say who with --triggered-by, and the words with --condition`;
}

/** A mock in flight counts as done: it cannot fail, and a round need not wait for it. */
function isDone(state: EpochState, slice: SliceStatus): boolean {
  if (slice.state === "succeeded") return true;
  return (slice.state === "starting" || slice.state === "running") && plannedSlice(state, slice.id)?.mode === "mock";
}
