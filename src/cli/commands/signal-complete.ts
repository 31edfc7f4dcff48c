import type { Run } from "../context.js";
import { given, oneOfTwo, tellEpoch, type EpochOption } from "../epoch-run.js";

interface CompleteOptions extends EpochOption {
  readonly sliceId: string;
  readonly output?: string;
  readonly error?: string;
}

export const run: Run = (context) => {
  const { epochId, sliceId, output, error } = context.options<CompleteOptions>();
  if (output !== undefined) oneOfTwo("signal complete", "--output", "--error", [output, error]);
  const success = error === undefined;
  return tellEpoch(context, {
    what: `slice ${sliceId} ${success ? "succeeded" : "failed"}`,
    send: (control, signature) => control.completeSlice(epochId, { ...signature, slice_id: sliceId, success, ...given({ output, error }) }),
    done: () => `recorded: slice ${sliceId} ${success ? "succeeded" : "failed"}`,
  });
};
