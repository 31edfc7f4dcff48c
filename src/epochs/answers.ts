import type { AuditDraft } from "./audit.js";
import type { GateAnswer } from "./messages.js";
import type { EpochState, RecordedAnswer } from "./state.js";
import { accepted, draft, iso, newest, type Outcome } from "./step.js";

const ANSWERS_KEPT = 100;

/** A person's answer, before the advance that it allows. Nothing is cut, put in other words, or thrown away. */
export function answer(state: EpochState, message: GateAnswer, at: number): Outcome {
  const { state: next, events } = recordAnswer(state, message, at);
  return accepted(next, events);
}

export function recordAnswer(
  state: EpochState,
  message: GateAnswer,
  at: number,
): { readonly state: EpochState; readonly events: readonly AuditDraft[] } {
  const record: RecordedAnswer = {
    phase: state.phase,
    visit: state.visits[state.phase] ?? 1,
    question: message.question ?? "",
    options: message.options ?? [],
    answer: message.answer,
    answered_by: message.answered_by,
    at: iso(at),
  };
  const { question, options, visit } = record;
  const payload = { question, options, answer: record.answer, visit };
  return {
    state: { ...state, answers: newest([...state.answers, record], ANSWERS_KEPT) },
    events: [draft(state, "gate_answered", record.answered_by, payload)],
  };
}
