import type { Run } from "../context.js";
import { tellEpoch, type EpochOption } from "../epoch-run.js";
import { phaseLabel } from "../render/epoch-words.js";

export const run: Run = (context) => {
  const { epochId, reason } = context.options<EpochOption & { readonly reason: string }>();
  return tellEpoch(context, {
    what: "cancel",
    send: (control, signature) => control.cancel(epochId, { ...signature, reason }),
    done: ({ phase }) => `epoch ${epochId} is cancelled in ${phaseLabel(phase)}`,
  });
};
