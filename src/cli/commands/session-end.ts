import type { Run } from "../context.js";
import { given, tellEpoch, type EpochOption } from "../epoch-run.js";

export const run: Run = (context) => {
  const { epochId, sessionId, reason } = context.options<EpochOption & { readonly sessionId: string; readonly reason?: string }>();
  return tellEpoch(context, {
    what: `end session ${sessionId}`,
    send: (control, signature) => control.endSession(epochId, { ...signature, session_id: sessionId, ...given({ reason }) }),
    done: () => `session ${sessionId} has ended`,
  });
};
