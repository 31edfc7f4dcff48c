import type { Run } from "../context.js";
import { tellEpoch, type EpochOption } from "../epoch-run.js";

export const run: Run = (context) => {
  const { epochId, sliceId } = context.options<EpochOption & { readonly sliceId: string }>();
  return tellEpoch(context, {
    what: `retry slice ${sliceId}`,
    send: (control, signature) => control.retrySlice(epochId, { ...signature, slice_id: sliceId }),
    done: () => `slice ${sliceId} starts again as soon as there is room`,
  });
};
