import { AuraError } from "../../shared/errors.js";
import { renderVerify } from "../render/roots-reports.js";
import type { Run } from "../context.js";
import { eachRoot } from "../roots-run.js";

/** Exit 0 when all content is as it should be, or was repaired; 3 otherwise. */
export const run: Run = (context) => {
  const { repair = false } = context.options<{ readonly repair?: boolean }>();
  return eachRoot(context, async ({ root_id }, { control }) => {
    const report = await control.verify(root_id, { repair });
    const left = report.bad.filter(({ repaired }) => !repaired).length + (report.left_out ?? 0);
    const fix = repair ? "run it with --repair on a device that still has them" : `try: aura-msg sync verify ${root_id} --repair`;
    return {
      document: report,
      lines: renderVerify(root_id, report, context.io.columns()),
      failure: left === 0 ? null : new AuraError("sync_failed", `${left} cannot be read back as they were written`, { fix }),
    };
  });
};
