import type { Severity } from "../../epochs/messages.js";
import type { Run } from "../context.js";
import { given, oneOfTwo, tellEpoch, type EpochOption } from "../epoch-run.js";
import { phaseLabel } from "../render/epoch-words.js";

interface BlockerOptions extends EpochOption {
  /** true: without a text. */
  readonly add?: string | true;
  readonly resolve?: string | true;
  readonly severity?: Severity;
  readonly sliceId?: string;
}

export const run: Run = (context) => {
  const { epochId, add, resolve, severity, sliceId } = context.options<BlockerOptions>();
  oneOfTwo("signal blocker", "--add", "--resolve", [add, resolve]);
  const op = add === undefined ? "resolve" : "add";
  const what = op === "add" ? `add a ${severity ?? "BLOCKER"}` : `resolve ${typeof resolve === "string" ? resolve : "the oldest finding"}`;
  return tellEpoch(context, {
    what,
    send: (control, signature) =>
      control.finding(epochId, {
        ...signature,
        op,
        ...given({ id: text(resolve), description: text(add), severity, slice_id: sliceId }),
      }),
    done: ({ ids = [], phase }) =>
      `${op === "add" ? `recorded ${severity ?? "BLOCKER"}` : "resolved"} ${ids.join(", ")} in ${phaseLabel(phase)}`,
  });
};

function text(value: string | true | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
