import { renderGc } from "../render/roots-reports.js";
import type { Run } from "../context.js";
import { eachRoot } from "../roots-run.js";

interface GcOptions {
  readonly apply?: boolean;
  /** Milliseconds. */
  readonly window: number;
  readonly history: number;
}

export const run: Run = (context) => {
  const { apply = false, window: windowMs, history: historyMs } = context.options<GcOptions>();
  return eachRoot(context, async ({ root_id }, { control }) => {
    const report = await control.gc(root_id, { apply, windowMs, historyMs });
    return { document: report, lines: renderGc(root_id, report, context.io.columns()) };
  });
};
