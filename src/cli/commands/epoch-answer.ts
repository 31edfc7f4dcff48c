import type { Run } from "../context.js";
import { given, tellEpoch, type EpochOption } from "../epoch-run.js";
import { phaseLabel } from "../render/epoch-words.js";

interface AnswerOptions extends EpochOption {
  readonly answer: string;
  readonly question?: string;
  readonly option?: readonly string[];
  readonly triggeredBy?: string;
}

export const run: Run = (context) => {
  const { epochId, answer, question, option, triggeredBy } = context.options<AnswerOptions>();
  return tellEpoch(context, {
    what: "record an answer",
    send: (control, signature) =>
      control.answer(epochId, {
        ...signature,
        answer,
        answered_by: triggeredBy ?? signature.by,
        ...given({ question, options: option }),
      }),
    done: ({ phase }) => `recorded in ${phaseLabel(phase)}: ${answer}`,
  });
};
