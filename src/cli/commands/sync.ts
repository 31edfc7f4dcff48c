import type { TickRecord } from "../../sync/control.js";
import type { Run } from "../context.js";
import { renderReport } from "../render/roots-report.js";
import { eachRoot, type RootResult } from "../roots-run.js";
import { tickFailure } from "../tick-failure.js";

interface SyncOptions {
  readonly dryRun?: boolean;
  readonly confirm?: boolean;
}

/** Exit 3 when a tick failed or is held, 2 when nobody answers at the endpoint. */
export const run: Run = (context) => {
  const { dryRun = false, confirm = false } = context.options<SyncOptions>();
  return eachRoot(context, async ({ root_id }, { control }) =>
    resultOf(root_id, await control.sync(root_id, { dryRun, confirm }), context.io.columns()),
  );
};

function resultOf(root: string, tick: TickRecord, width: number): RootResult {
  const { sync, ...rest } = tick;
  const failure = tickFailure(root, tick);
  return { document: sync ?? rest, lines: renderReport(root, tick, width), failure };
}
