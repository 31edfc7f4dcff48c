import { ActivityFailure, ApplicationFailure, isCancellation, proxyActivities, rootCause, TimeoutFailure } from "@temporalio/workflow";
import { AURAD_STOPPING } from "../epochs/ports.js";
import type { SliceOutcome, SliceResult } from "../epochs/slice.js";
import type { SliceActivities } from "./activities.js";
import type { SliceInput } from "./epoch-messages.js";
import { hostQueue } from "./names.js";

export type Waited =
  | { readonly kind: "ended"; readonly outcome: SliceOutcome; readonly reason: string }
  /** Its host is not heard of; the process may well run on. */
  | { readonly kind: "lost"; readonly reason: string };

/** Far above any time-out of a slice, which its host keeps itself. */
const LONGEST_MS = 365 * 86_400_000;
/** A host that is there takes an order within this time. */
const TAKEN_MS = 10_000;
/** One that is lost already is not waited for: it ends what it finds once it is back. */
const TAKEN_WHEN_LOST_MS = 2000;

/** Of a heartbeat, so that its end is told within the whole of it. */
const SILENCE = 0.6;

/**
 * Has the host run the attempt, or wait for it where it runs already. `known`: the host is known to be lost, and waited for
 * as long as it takes. Never rejects but when it is cancelled.
 */
export async function waitOnHost(
  { epoch_id, epoch_started_at, slice, attempt, host, phase, role }: SliceInput,
  known: boolean,
): Promise<Waited> {
  const silenceMs = slice.heartbeat_s * 1000 * SILENCE;
  const { runSlice } = proxyActivities<SliceActivities>({
    taskQueue: hostQueue(host),
    startToCloseTimeout: LONGEST_MS,
    heartbeatTimeout: silenceMs,
    ...(known ? {} : { scheduleToStartTimeout: silenceMs }),
    retry: { maximumAttempts: 1 },
    summary: `slice ${slice.id}, attempt ${attempt}`,
  });
  try {
    const mode = slice.mode === "tmux" ? "tmux" : "subprocess";
    const { command, working_dir, timeout_s } = slice;
    const result: SliceResult = await runSlice({
      epoch_id,
      epoch_started_at,
      slice_id: slice.id,
      attempt,
      mode,
      command: command ?? [],
      working_dir,
      timeout_s,
      phase,
      role,
    });
    return { kind: "ended", outcome: result.outcome, reason: result.reason };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return lostOrFailed(error, host, slice.heartbeat_s);
  }
}

/** Ends the attempt on its host, and tells how it is to be called then. */
export async function endOnHost<T extends { readonly outcome: SliceOutcome; readonly reason: string }>(
  { epoch_id, epoch_started_at, slice, attempt, host }: SliceInput,
  ending: T,
  lost: boolean,
): Promise<T> {
  const { stopSlice } = proxyActivities<SliceActivities>({
    taskQueue: hostQueue(host),
    scheduleToStartTimeout: lost ? TAKEN_WHEN_LOST_MS : TAKEN_MS,
    startToCloseTimeout: "60s",
    retry: { initialInterval: "500ms", maximumAttempts: 5 },
    summary: `stop slice ${slice.id}, attempt ${attempt}`,
  });
  try {
    await stopSlice({ epoch_id, epoch_started_at, slice_id: slice.id, attempt }, ending.reason);
    return ending;
  } catch {
    return { ...ending, reason: `${ending.reason}; ${host} does not answer and ends it once it is back` };
  }
}

function lostOrFailed(error: unknown, host: string, heartbeatS: number): Waited {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    return { kind: "lost", reason: `no aurad on ${host} has been heard of for ${heartbeatS} s` };
  }
  if (cause instanceof ApplicationFailure && cause.type === AURAD_STOPPING) {
    return { kind: "lost", reason: `aurad on ${host} was stopped; the slice runs on until the next one takes it over` };
  }
  return { kind: "ended", outcome: "failed", reason: `${host} could not run it: ${rootCause(error) ?? String(error)}` };
}
