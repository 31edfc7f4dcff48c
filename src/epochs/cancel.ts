import type { CancelEpoch } from "./messages.js";
import { cancelOthers } from "./slices.js";
import type { EpochState } from "./state.js";
import { accepted, draft, iso, type Outcome } from "./step.js";

/** Ends the epoch where it is: what waits is cancelled, what runs is to be ended. */
export function cancel(state: EpochState, message: CancelEpoch, at: number): Outcome {
  const event = draft(state, "epoch_cancelled", message.by ?? "", { reason: message.reason });
  const rest = cancelOthers(state, `the epoch was cancelled: ${message.reason}`, at);
  return accepted({ ...rest.state, status: "cancelled", reason: message.reason, ended_at: iso(at) }, [event, ...rest.events]);
}
