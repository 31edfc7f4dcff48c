import { setTimeout as pause } from "node:timers/promises";
import type { AuditEvent } from "../../epochs/audit.js";
import { checkTrail, type TrailCheck } from "../../epochs/audit-verify.js";
import type { EpochsControl } from "../../epochs/control.js";
import { AuraError, asAuraError } from "../../shared/errors.js";
import type { Run } from "../context.js";
import { withEpochs, type EpochOption } from "../epoch-run.js";
import { errorFields } from "../failure.js";
import { renderCheck } from "../render/audit.js";
import { plain } from "../render/text.js";

/** How long events may be on their way from the workflow to the trail. */
const LOOKS = 15;
const LOOK_MS = 200;

/** Exit 0 when the chain is whole and the workflow holds the same, 3 when not. */
export const run: Run = (context) =>
  withEpochs(context, async ({ control }) => {
    const { globals, io } = context;
    const { epochId } = context.options<EpochOption>();
    const { rows, held } = await both(control, epochId);
    const check = checkTrail(rows, held);
    const failure = check.ok ? null : broken(epochId, check);
    if (globals.json) {
      const error = failure === null ? {} : { error: errorFields(failure) };
      const { ok, ...rest } = check;
      const first_bad_seq = check.problems[0]?.seq ?? null;
      io.out(
        `${JSON.stringify({ schema_version: 1, epoch_id: epochId, ok, workflow: held !== null, first_bad_seq, ...rest, ...error })}\n`,
      );
    } else {
      io.out(`${renderCheck(epochId, check, held === null ? "gone" : "compared", io.columns()).join("\n")}\n`);
      if (failure !== null) io.err(`aura-msg: ${plain(failure.line)}\n`);
    }
    return failure === null ? 0 : 3;
  });

interface Both {
  readonly rows: readonly AuditEvent[];
  /** null: Temporal does not hold the workflow any more. */
  readonly held: readonly AuditEvent[] | null;
}

/** The trail and what the workflow holds, of one moment as far as that can be had. Throws `not_found` when there is neither. */
async function both(control: EpochsControl, epochId: string): Promise<Both> {
  for (let look = 1; ; look++) {
    const [held, rows] = [await heldBy(control, epochId), await control.audit(epochId, {})];
    if (held === null && rows.length === 0) throw new AuraError("not_found", `there is no epoch ${epochId}`);
    if (held === null || look === LOOKS || held.at(-1)?.seq === rows.at(-1)?.seq) return { rows, held };
    await pause(LOOK_MS);
  }
}

async function heldBy(control: EpochsControl, epochId: string): Promise<readonly AuditEvent[] | null> {
  try {
    return await control.keptAudit(epochId);
  } catch (thrown) {
    if (asAuraError(thrown).code === "not_found") return null;
    throw thrown;
  }
}

function broken(epochId: string, { problems }: TrailCheck): AuraError {
  const { seq, what } = problems[0]!;
  return new AuraError("audit_conflict", `the audit trail of epoch ${epochId} is broken at event ${seq}: ${what}`, {
    fix: "keep the trail as it is, and compare it with a backup or with the trail of another host; docs/design/audit.md says what each finding means",
  });
}
