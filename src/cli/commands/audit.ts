import { setTimeout as pause } from "node:timers/promises";
import type { AuditEvent, AuditFilter } from "../../epochs/audit.js";
import { filterAudit } from "../../epochs/audit-filter.js";
import type { EpochsControl } from "../../epochs/control.js";
import { ERRORS, asAuraError } from "../../shared/errors.js";
import type { EpochsConnection } from "../connect-epochs.js";
import type { Context, ExitStatus, Run } from "../context.js";
import { given, withEpochs, type EpochOption } from "../epoch-run.js";
import { interrupted } from "../interrupted.js";
import { auditHead, renderEvent } from "../render/audit.js";
import { plain } from "../render/text.js";

/** Over Temporal each look is a query to the workflow. */
const POLL_MS = { socket: 500, temporal: 2000 } as const;
/** What an epoch still tells after its end, such as slices that are stopped, comes within so many looks. */
const QUIET_LOOKS = 3;

interface AuditOptions extends EpochOption, Pick<AuditFilter, "phase" | "role" | "type"> {
  readonly follow?: boolean;
}

export const run: Run = (context) =>
  withEpochs(context, (connection) => {
    const { follow } = context.options<AuditOptions>();
    return follow ? followTrail(connection, context) : printTrail(connection.control, context);
  });

async function printTrail(control: EpochsControl, context: Context): Promise<ExitStatus> {
  const { globals, io } = context;
  const { epochId, phase, role, type } = context.options<AuditOptions>();
  const filter = given({ phase, role, type });
  const events = await control.audit(epochId, filter);
  if (events.length === 0) await known(control, epochId);
  if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, epoch_id: epochId, events })}\n`);
  else if (events.length === 0) io.out(`epoch ${epochId} has no such events\n`);
  else print(events, context, true);
  return 0;
}

/** Each event as it comes, until the epoch has ended or Ctrl-C. With --json one event a line. */
async function followTrail({ control, via }: EpochsConnection, context: Context): Promise<ExitStatus> {
  const { globals, io } = context;
  const { epochId, phase, role, type } = context.options<AuditOptions>();
  const filter = given({ phase, role, type });
  const stop = interrupted();
  let [last, quiet, ended, away] = [0, 0, false, ""];
  for (let first = true; !stop.aborted && !(ended && quiet >= QUIET_LOOKS); first = false) {
    try {
      // All of them, for the end is to be seen whatever is shown.
      const fresh = await control.audit(epochId, { after: last });
      if (first && fresh.length === 0) await known(control, epochId);
      const shown = filterAudit(fresh, filter);
      if (globals.json) for (const event of shown) io.out(`${JSON.stringify(event)}\n`);
      else print(shown, context, first);
      last = fresh.at(-1)?.seq ?? last;
      ended ||= fresh.some(isEnd);
      quiet = fresh.length === 0 ? quiet + 1 : 0;
      away = "";
    } catch (thrown) {
      // A restart of aurad, for an upgrade say, is part of what one follows.
      const error = asAuraError(thrown);
      if (first || !ERRORS[error.code].retryable || error.code === "internal") throw thrown;
      if (away !== error.message) io.err(`aura-msg: ${plain(error.message)}; trying again\n`);
      away = error.message;
    }
    await pause(POLL_MS[via], undefined, { signal: stop }).catch(() => {});
  }
  return 0;
}

function print(events: readonly AuditEvent[], { io }: Context, withHead: boolean): void {
  const lines = events.flatMap((event) => renderEvent(event, io.colors, io.columns()));
  io.out([...(withHead ? [auditHead(io.colors)] : []), ...lines].map((line) => `${line}\n`).join(""));
}

function isEnd({ type, payload }: AuditEvent): boolean {
  return type === "epoch_cancelled" || (type === "phase_transition" && payload["to"] === "complete");
}

/** An epoch without events is one that nobody knows, or one that has none of this kind. Throws `not_found`. */
async function known(control: EpochsControl, epochId: string): Promise<void> {
  if ((await control.audit(epochId, {})).length === 0) await control.state(epochId);
}
