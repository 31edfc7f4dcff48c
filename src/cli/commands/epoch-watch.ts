import { setTimeout as pause } from "node:timers/promises";
import type { AuditEvent } from "../../epochs/audit.js";
import type { EpochDocument } from "../../epochs/control.js";
import { AuraError, ERRORS, asAuraError } from "../../shared/errors.js";
import type { EpochsConnection } from "../connect-epochs.js";
import type { Context, ExitStatus, Io, Run } from "../context.js";
import { lookAt } from "../epoch-look.js";
import { withEpochs, type EpochOption } from "../epoch-run.js";
import { interrupted } from "../interrupted.js";
import { eventLine, renderWatch } from "../render/epoch-watch.js";
import { plain } from "../render/text.js";
import { Screen } from "../screen.js";

/** How often it is looked at: an epoch changes by people's commands and by slices. */
const POLL_MS = 500;
/** While nobody answers. */
const RETRY_MS = 1000;
const EVENTS_KEPT = 100;

export const run: Run = (context) => {
  if (context.globals.json) {
    throw new AuraError("usage", "epoch watch shows many states, --json prints one document", {
      fix: "see: aura-msg query state, or: aura-msg audit --follow",
    });
  }
  return withEpochs(context, (connection) => watch(connection, context));
};

async function watch(connection: EpochsConnection, context: Context): Promise<ExitStatus> {
  const { io } = context;
  const { epochId } = context.options<EpochOption>();
  const looks = looksAt(connection, epochId, interrupted());
  return io.tty ? draw(looks, io) : print(looks, io);
}

/** What a look at an epoch finds: everything new since the one before, or that it could not be asked. */
type Look =
  | { readonly document: EpochDocument; readonly events: readonly AuditEvent[]; readonly fresh: readonly AuditEvent[] }
  | { readonly away: string };

/** A look now and then, until the epoch has ended or the signal aborts. An absence is part of what one watches, but at first. */
async function* looksAt(connection: EpochsConnection, epochId: string, signal: AbortSignal): AsyncGenerator<Look> {
  let events: readonly AuditEvent[] = [];
  let seen = false;
  while (!signal.aborted) {
    let wait = POLL_MS;
    try {
      // The state first: events that it knows of are then surely there.
      const document = await lookAt(connection, epochId);
      const last = events.at(-1)?.seq;
      const fresh = await connection.control.audit(epochId, last === undefined ? {} : { after: last });
      events = [...events, ...fresh].slice(-EVENTS_KEPT);
      seen = true;
      yield { document, events, fresh };
      if (document.status !== "running") return;
    } catch (thrown) {
      const error = asAuraError(thrown);
      if (!seen || !ERRORS[error.code].retryable || error.code === "internal") throw thrown;
      yield { away: error.message };
      wait = RETRY_MS;
    }
    await pause(wait, undefined, { signal }).catch(() => {});
  }
}

async function draw(looks: AsyncIterable<Look>, io: Io): Promise<ExitStatus> {
  const screen = new Screen(io);
  let last: readonly string[] = [];
  try {
    for await (const look of looks) {
      const size = { colors: io.colors, width: io.columns(), rows: io.rows(), now: Date.now() };
      if ("away" in look) screen.show([plain(look.away), "", "trying again; Ctrl-C ends"]);
      else {
        last = renderWatch(look.document, look.events, size);
        screen.show(last);
      }
    }
  } finally {
    screen.close();
  }
  // The picture goes with the screen it was on; how it ended stays.
  io.out(last.map((line) => `${line}\n`).join(""));
  return 0;
}

/** Without a terminal: a line an event, and one for the end. */
async function print(looks: AsyncIterable<Look>, io: Io): Promise<ExitStatus> {
  let away = "";
  for await (const look of looks) {
    if ("away" in look) {
      if (look.away !== away) io.err(`aura-msg: ${plain(look.away)}; trying again\n`);
      away = look.away;
      continue;
    }
    away = "";
    const { document, fresh } = look;
    for (const event of fresh) io.out(`${eventLine(event, io.colors)}\n`);
    if (document.status !== "running")
      io.out(`epoch ${document.epoch_id} is ${document.status}${document.reason === "" ? "" : `: ${plain(document.reason)}`}\n`);
  }
  return 0;
}
