import type { Run } from "../context.js";
import { tellEpoch, type EpochOption } from "../epoch-run.js";

export const run: Run = (context) => {
  const { epochId, sliceId, toHost } = context.options<EpochOption & { readonly sliceId: string; readonly toHost: string }>();
  return tellEpoch(context, {
    what: `move slice ${sliceId} to ${toHost}`,
    send: (control, signature) => control.moveSlice(epochId, { ...signature, slice_id: sliceId, to_host: toHost }),
    done: () => `slice ${sliceId} begins anew on ${toHost}`,
  });
};
