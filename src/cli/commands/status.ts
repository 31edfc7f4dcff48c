import { setTimeout as pause } from "node:timers/promises";
import type { StatusDocument } from "../../services/control.js";
import { AuraError, ERRORS, asAuraError } from "../../shared/errors.js";
import { connectControl, type Connection } from "../connect.js";
import type { Context, ExitStatus, Run } from "../context.js";
import { renderStatus } from "../render/status.js";
import { plain } from "../render/text.js";
import { Screen } from "../screen.js";
import { statuses } from "../statuses.js";
import { unknownName } from "../suggest.js";

/** While the daemon does not answer, it is asked this often. */
const RETRY_MS = 500;

export const run: Run = async (context) => {
  const { watch } = context.options<{ watch?: boolean }>();
  if (watch && context.globals.json) {
    throw new AuraError("usage", "--watch shows many states, --json prints one document", { fix: "leave one of them out" });
  }
  const connection = await connectControl(context);
  try {
    return watch ? await watchStatus(connection, context) : await printStatus(connection, context);
  } finally {
    await connection.close();
  }
};

async function printStatus({ control }: Connection, { args, globals, io }: Context): Promise<ExitStatus> {
  const status = await chosen(await control.status(), args);
  if (globals.json) io.out(`${JSON.stringify(status)}\n`);
  else io.out(`${lines(status, io).join("\n")}\n`);
  return 0;
}

async function watchStatus(connection: Connection, { args, io }: Context): Promise<ExitStatus> {
  const screen = new Screen(io);
  const stop = new AbortController();
  const end = (): void => stop.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    while (!stop.signal.aborted) {
      try {
        for await (const status of statuses(connection, stop.signal))
          screen.show([headline(status), "", ...lines(await chosen(status, args), io)]);
      } catch (thrown) {
        // A restart of aurad, for an upgrade say, is part of what one watches.
        const error = asAuraError(thrown);
        if (!ERRORS[error.code].retryable || error.code === "internal") throw thrown;
        screen.show([plain(error.message), "", "trying again; Ctrl-C ends"]);
        await pause(RETRY_MS, undefined, { signal: stop.signal }).catch(() => {});
      }
    }
  } finally {
    screen.close();
    process.off("SIGINT", end).off("SIGTERM", end);
  }
  return 0;
}

function headline({ host, services }: StatusDocument): string {
  const running = services.filter((row) => row.state === "running").length;
  return `${plain(host)}: ${running} of ${services.length} running, ${new Date().toLocaleTimeString()}`;
}

/** The named services only; an unknown name is an error with the nearest one as its fix. */
async function chosen(status: StatusDocument, names: readonly string[]): Promise<StatusDocument> {
  if (names.length === 0) return status;
  const known = status.services.map((row) => row.name);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw await unknownName(`host ${status.host} has no service ${wrong}`, names, known);
  return { ...status, services: status.services.filter((row) => names.includes(row.name)) };
}

function lines(status: StatusDocument, io: Context["io"]): string[] {
  if (status.services.length === 0) return [`no services on ${plain(status.host)}; write a spec and start it with: aura-msg up`];
  return renderStatus(status.services, io.colors, io.columns());
}
