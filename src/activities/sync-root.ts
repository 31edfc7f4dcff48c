import { ApplicationFailure, Context } from "@temporalio/activity";
import { asAuraError } from "../shared/errors.js";
import type { TickRecord } from "../sync/control.js";
import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "../sync/engine-port.js";
import { firstOf, forHistory, short } from "../sync/tick-record.js";
import type { TickRequest } from "../sync/tick.js";
import type { SyncRootActivities, TickOrder } from "../workflows/activities.js";
import type { GcOptions } from "../workflows/root-messages.js";

/** What the activities need of this host's roots. `rootId` may be none of them: AuraError `not_found`. */
export interface SyncRootPorts {
  /** The whole record, told to the log already; null when there is no such root. Never rejects. */
  tick(rootId: string, index: number, request: TickRequest, signal: AbortSignal): Promise<TickRecord | null>;
  restore(rootId: string, path: string, at: RestorePoint): Promise<RestoreReport>;
  gc(rootId: string, options: { readonly apply: boolean; readonly windowMs: number; readonly historyMs: number }): Promise<GcReport>;
  verify(rootId: string, options: { readonly repair: boolean }): Promise<VerifyReport>;
  log(rootId: string, limit: number): Promise<readonly ManifestInfo[]>;
}

/** Results go into histories: their lists are cut, and whoever needs them whole asks the host itself. */
export function createSyncRootActivities(ports: SyncRootPorts): SyncRootActivities {
  return {
    tickRoot: ({ root_id, tick_index, request }: TickOrder) =>
      beating(async (signal) => {
        const record = await ports.tick(root_id, tick_index, request, signal);
        return record === null ? null : forHistory(record);
      }),
    restoreRoot: (rootId: string, path: string, at: RestorePoint) =>
      beating(async () => {
        const { restored, ...report } = await ports.restore(rootId, path, at);
        const { list, ...rest } = firstOf(restored);
        return { ...report, restored: list.map(short), ...rest };
      }),
    collectRoot: (rootId: string, { apply, window_ms, history_ms }: GcOptions) =>
      beating(async () => {
        const { objects, ...report } = await ports.gc(rootId, { apply, windowMs: window_ms, historyMs: history_ms });
        const { list, ...rest } = firstOf(objects);
        return { ...report, objects: list, ...rest };
      }),
    verifyRoot: (rootId: string, options: { readonly repair: boolean }) =>
      beating(async () => {
        const { bad, ...report } = await ports.verify(rootId, options);
        const { list, ...rest } = firstOf(bad);
        return { ...report, bad: list.map((one) => ({ ...one, path: short(one.path), message: short(one.message) })), ...rest };
      }),
    manifestsOfRoot: (rootId: string, limit: number) => beating(() => ports.log(rootId, limit)),
  };
}

/**
 * Tells the server now and then that the work goes on. Its signal aborts when nobody waits for the work any more; an aurad
 * that stops lets it finish.
 */
async function beating<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const unwanted = new AbortController();
  context.cancellationSignal.addEventListener("abort", () => {
    if (context.cancellationDetails?.workerShutdown !== true) unwanted.abort();
  });
  const beat = setInterval(() => context.heartbeat(), (context.info.heartbeatTimeoutMs ?? 30_000) / 3);
  try {
    return await work(unwanted.signal);
  } catch (error) {
    const { code, message, fix } = asAuraError(error);
    throw ApplicationFailure.create({ message, type: code, nonRetryable: true, details: [fix] });
  } finally {
    clearInterval(beat);
  }
}
