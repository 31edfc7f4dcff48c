import type { CompleteSlice, MoveSlice, RetrySlice } from "./messages.js";
import { isActive, isFinal } from "./schedule.js";
import { sliceOf, unknownSlice } from "./slice-lookup.js";
import type { SliceStatus } from "./slice.js";
import { edited, finished, freshSlice, waitingAgain } from "./slices.js";
import type { EpochState } from "./state.js";
import { accepted, refused, type Outcome } from "./step.js";

/** What a person or an agent says of a slice; holds over what its own process says, which is ended then. */
export function completeSlice(state: EpochState, message: CompleteSlice, at: number): Outcome {
  if (state.phase !== "p9") return refused(state, `slices are worked on in p9, the epoch is in ${state.phase}; advance it first`);
  const { slice_id, success, output = "", error = "" } = message;
  // without a plan, slices are what agents say they are
  const slice = sliceOf(state, slice_id) ?? (state.plan === null ? freshSlice(slice_id, state.host) : undefined);
  if (slice === undefined) return refused(state, unknownSlice(state, slice_id));
  const outcome = success ? "succeeded" : "failed";
  const by = message.by ?? "";
  const reason = `told ${outcome}${by === "" ? "" : ` by ${by}`}`;
  // a lost attempt cannot be waited for: its host ends it when it is back
  const stopping = isActive(slice) && slice.state !== "lost" ? { stopping: reason } : {};
  const ended = finished(state, slice, outcome, { reason, by, output, error, ...stopping }, at);
  return { ...ended, ids: [slice_id] };
}

/** A new attempt of a slice that ended for good. Brings back what its failure cancelled. */
export function retrySlice(state: EpochState, message: RetrySlice): Outcome {
  const slice = sliceOf(state, message.slice_id);
  if (slice === undefined) return refused(state, unknownSlice(state, message.slice_id));
  if (state.phase !== "p9") return refused(state, `slices are worked on in p9, the epoch is in ${state.phase}; advance it first`);
  if (slice.state === "lost")
    return refused(state, `slice ${slice.id} is lost with ${slice.host}; move it to a host, or wait until that one is back`);
  if (slice.state === "succeeded") return refused(state, `slice ${slice.id} succeeded; nothing to retry`);
  if (!isFinal(slice.state)) return refused(state, `slice ${slice.id} is ${slice.state}; only one that ended can be retried`);
  if (slice.stopping !== undefined) return refused(state, `the process of slice ${slice.id} is still being ended; retry when it is gone`);
  const reason = `retried${message.by === undefined ? "" : ` by ${message.by}`}`;
  const others = Object.values(state.slices).filter(
    (other) => other.cancelled_by === slice.id && other.state === "cancelled" && other.stopping === undefined,
  );
  const again = [slice, ...others];
  const next = again.reduce((now, each) => edited(now, each.id, { ...waitingAgain(each, reason), failures: 0 }), state);
  return accepted(
    next,
    [],
    again.map(({ id }) => id),
  );
}

/** Binds a slice to another host. One that runs is ended first; a lost one starts there at once. */
export function moveSlice(state: EpochState, { slice_id, to_host }: MoveSlice): Outcome {
  const slice = sliceOf(state, slice_id);
  if (slice === undefined) return refused(state, unknownSlice(state, slice_id));
  if (slice.state === "succeeded") return refused(state, `slice ${slice_id} succeeded; nothing to move`);
  if (slice.stopping !== undefined && slice.moves_to === undefined) {
    return refused(state, `the process of slice ${slice_id} is being ended (${slice.stopping}); move it when it is gone`);
  }
  if (slice.state !== "lost" && slice.host === to_host && slice.moves_to === undefined) {
    return refused(state, `slice ${slice_id} is on ${to_host} already; name another host`);
  }
  return accepted(edited(state, slice_id, moved(slice, to_host)), [], [slice_id]);
}

function moved(slice: SliceStatus, to_host: string): SliceStatus {
  if (slice.state === "lost") return { ...waitingAgain(slice, `moved from ${slice.host}, which is lost`), host: to_host };
  if (slice.state !== "starting" && slice.state !== "running") return { ...slice, host: to_host };
  return { ...slice, moves_to: to_host, stopping: slice.stopping ?? `moves to ${to_host}` };
}
