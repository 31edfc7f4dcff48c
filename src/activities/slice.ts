import { ApplicationFailure, CancelledFailure, Context } from "@temporalio/activity";
import { AURAD_STOPPING, type SliceRunsPort } from "../epochs/ports.js";
import type { SliceKey, SliceResult, SliceRun } from "../epochs/slice.js";
import { asAuraError } from "../shared/errors.js";
import type { SliceActivities } from "../workflows/activities.js";

/** Who hears of what the activities learn, so that it reaches the workflows. None of them may throw. */
export interface SliceEars {
  /** The attempt's wait begins, here and now. */
  waiting(run: SliceRun): void;
  /** Its process runs. */
  running(run: SliceRun, pid: number): void;
  /** Its result goes to its workflow, or it was stopped by it. */
  ended(key: SliceKey): void;
  /** Nobody waits for this result any more, and the process runs on: its workflow was replaced, or counts this host as lost. */
  orphaned(run: SliceRun): void;
}

const LEAST_BEAT_MS = 100;

/**
 * `stopping` aborts when this aurad gives its work back: the waits end at once, the processes run on.
 * A slice that cannot be run is a result; a failure of these activities is one of this host.
 */
export function createSliceActivities(runs: SliceRunsPort, ears: SliceEars, stopping: AbortSignal): SliceActivities {
  return {
    async runSlice(run: SliceRun): Promise<SliceResult> {
      const context = Context.current();
      const signal = AbortSignal.any([context.cancellationSignal, stopping]);
      const every = Math.max(LEAST_BEAT_MS, (context.info.heartbeatTimeoutMs ?? 30_000) / 3);
      const beat = setInterval(() => context.heartbeat(), every);
      ears.waiting(run);
      try {
        const result = await runs.run(run, (pid) => ears.running(run, pid), signal);
        ears.ended(run);
        return result;
      } catch (error) {
        if (!signal.aborted) throw failure(error);
        if (stopping.aborted || context.cancellationDetails?.workerShutdown === true) {
          throw ApplicationFailure.nonRetryable("aurad stops; the slice runs on", AURAD_STOPPING);
        }
        if (context.cancellationDetails?.cancelRequested !== true) ears.orphaned(run);
        throw new CancelledFailure("nobody waits for this slice here any more");
      } finally {
        clearInterval(beat);
      }
    },
    async stopSlice(key: SliceKey, reason: string): Promise<void> {
      await runs.stop(key, reason).catch((error: unknown) => {
        throw failure(error);
      });
      ears.ended(key);
    },
  };
}

function failure(error: unknown): ApplicationFailure {
  const { code, line } = asAuraError(error);
  return ApplicationFailure.create({ message: line, type: code, cause: error as Error });
}
