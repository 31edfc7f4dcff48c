import { setTimeout as pause } from "node:timers/promises";
import { formatDuration } from "../../shared/durations.js";
import { AuraError } from "../../shared/errors.js";
import type { TickRecord } from "../../sync/control.js";
import type { RootsConnection } from "../connect-roots.js";
import type { Run } from "../context.js";
import { renderReport } from "../render/roots-report.js";
import { count } from "../render/roots-words.js";
import { eachRoot, type RootResult } from "../roots-run.js";
import { tickFailure } from "../tick-failure.js";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/** Returns when everything here is uploaded and all that others have told is here. Exit 3 when that will not come of itself. */
export const run: Run = (context) => {
  const { timeout } = context.options<{ readonly timeout?: number }>();
  const over = timeout === undefined ? null : AbortSignal.timeout(Math.max(1, timeout));
  return eachRoot(context, ({ root_id }, { control }) => settle({ root: root_id, control, over, timeout, width: context.io.columns() }));
};

interface Waiting extends Pick<RootsConnection, "control"> {
  readonly root: string;
  /** Aborted when the time is over. */
  readonly over: AbortSignal | null;
  readonly timeout: number | undefined;
  readonly width: number;
}

/** Each tick scans everything, so that what was written before the command is surely seen. */
async function settle({ root, control, over, timeout, width }: Waiting): Promise<RootResult> {
  const from = performance.now();
  let last: TickRecord | null = null;
  let ticks = 0;
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    const tick = await before(over, control.sync(root, {}));
    if (tick === null) break;
    ticks += 1;
    const failure = endsWaiting(root, tick, last);
    if (failure !== undefined) return result(tick, failure);
    // Whatever moves is worth asking soon again.
    if (moved(tick)) wait = FIRST_PAUSE_MS;
    last = tick;
    if ((await before(over, pause(wait, true))) === null) break;
  }
  const failure = last === null ? null : tickFailure(root, last);
  return result(last, failure ?? new AuraError("timeout", `not in sync after ${formatDuration(timeout ?? 0)}`, { fix: "wait longer" }));

  function result(tick: TickRecord | null, why: AuraError | null): RootResult {
    const document = { in_sync: why === null, ticks, waited_ms: Math.round(performance.now() - from), tick };
    return { document, lines: tick === null ? [] : renderReport(root, tick, width), failure: why };
  }
}

/** Null: it is in sync. Undefined: it goes on. An endpoint that nobody answers at is waited for. */
function endsWaiting(root: string, tick: TickRecord, last: TickRecord | null): AuraError | null | undefined {
  if (tick.outcome === "skip") return undefined;
  const failure = tickFailure(root, tick);
  if (failure !== null) return failure;
  if (tick.sync?.in_sync === true) return null;
  const stuck = !moved(tick) && last !== null && problems(tick) !== "" && problems(tick) === problems(last);
  return stuck
    ? new AuraError("sync_failed", `${count(tick.sync?.problems_total ?? 0, "path")} cannot be synced`, {
        fix: "correct what stands above",
      })
    : undefined;
}

function moved({ sync }: TickRecord): boolean {
  if (sync === undefined) return false;
  return sync.uploaded.files + sync.downloaded.files + sync.renamed + sync.deleted.here + sync.deleted.told > 0;
}

function problems({ sync }: TickRecord): string {
  return (sync?.problems ?? []).map(({ path, message }) => `${path}: ${message}`).join("\n");
}

/** What `work` gives, or null when the time is over before. */
async function before<T>(over: AbortSignal | null, work: Promise<T>): Promise<T | null> {
  if (over === null) return work;
  let end = (): void => {};
  const time = new Promise<null>((resolve) => {
    end = () => resolve(null);
    over.addEventListener("abort", end);
    if (over.aborted) end();
  });
  try {
    return await Promise.race([work, time]);
  } finally {
    over.removeEventListener("abort", end);
  }
}
