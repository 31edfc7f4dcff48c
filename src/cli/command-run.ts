import type { Asker, CommandResult, ServicesControl, ServiceStatus } from "../services/control.js";
import { formatDuration } from "../shared/durations.js";
import { connectControl } from "./connect.js";
import type { Context, ExitStatus } from "./context.js";
import { errorFields } from "./failure.js";
import { newAsker } from "./local.js";
import type { Goal } from "./progress.js";
import { plain } from "./render/text.js";
import { outcome, settle } from "./settle.js";
import { suggesting } from "./suggest.js";

export interface WaitOptions {
  readonly wait: boolean;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Longer names stand out of the column. */
const MAX_NAME_WIDTH = 32;

/** What `up`, `down` and `restart` share: give the order, tell each arrival, say what did not arrive. */
export async function commandAndWait(
  context: Context,
  goal: Goal,
  give: (control: ServicesControl, asker: Asker) => Promise<CommandResult>,
): Promise<ExitStatus> {
  const { args, globals, io } = context;
  const { wait, timeout } = context.options<WaitOptions>();
  const connection = await connectControl(context);
  try {
    const { control } = connection;
    const before = await control.status();
    const known = async (): Promise<readonly string[]> => before.services.map((row) => row.name);
    const result = await suggesting(args, known, () => give(control, newAsker()));
    const say = (line: string): void => {
      if (!globals.json) io.out(`${line}\n`);
    };
    if (result.services.length === 0 && result.refused.length === 0) say("no services");
    const nameWidth = Math.min(MAX_NAME_WIDTH, Math.max(0, ...result.services.map((row) => row.name.length)));
    const settled = wait
      ? await settle({
          connection,
          goal,
          result,
          before: before.services,
          timeoutMs: timeout,
          wanted: args.length > 0 ? args : result.services.map((row) => row.name),
          arrived: (row, ms) => say(arrival(goal, row, ms, nameWidth)),
        })
      : null;
    if (!wait) for (const row of result.services) say(`${plain(row.name).padEnd(nameWidth)}  ${row.state}`);
    const failure = outcome(goal, result, settled, timeout);
    if (globals.json) {
      const services = settled?.rows.map(({ name, state, ready, reason }) => ({ name, state, ready, reason })) ?? result.services;
      const error = failure === null ? {} : { error: errorFields(failure) };
      io.out(`${JSON.stringify({ schema_version: 1, host: before.host, ...error, services, refused: result.refused })}\n`);
    } else if (failure !== null) {
      io.err(`aura-msg: ${plain(failure.line)}\n`);
    }
    return failure === null ? 0 : 3;
  } finally {
    await connection.close();
  }
}

/** `api  ready    pid 4711  port 8080  1.2s`. */
function arrival(goal: Goal, row: ServiceStatus, ms: number, nameWidth: number): string {
  const where = [row.pid === null ? "" : `pid ${row.pid}`, row.port === null ? "" : `port ${row.port}`];
  const parts = goal === "down" ? [row.state] : ["ready", ...where];
  return [plain(row.name).padEnd(nameWidth), ...parts, formatDuration(ms)].filter((part) => part !== "").join("  ");
}
