import type { EpochsControl } from "../epochs/control.js";
import type { Reply } from "../epochs/state.js";
import { AuraError, asAuraError } from "../shared/errors.js";
import { connectEpochs, type EpochsConnection } from "./connect-epochs.js";
import type { Context, ExitStatus } from "./context.js";
import { errorFields } from "./failure.js";
import { newAsker } from "./local.js";
import { phaseLabel } from "./render/epoch-words.js";
import { plain } from "./render/text.js";

/** The option that nearly every command of epochs has. */
export interface EpochOption {
  readonly epochId: string;
}

/** Sent with every message: who it is from, and the key under which it counts once. */
export interface Signature {
  readonly by: string;
  readonly key: string;
}

/** Connects, runs and closes. An epoch that is not there gets the nearest one as the fix. */
export async function withEpochs(context: Context, run: (connection: EpochsConnection) => Promise<ExitStatus>): Promise<ExitStatus> {
  const connection = await connectEpochs(context);
  try {
    return await run(connection);
  } catch (thrown) {
    throw await withSuggestion(asAuraError(thrown), connection.control, context.options<Partial<EpochOption>>().epochId);
  } finally {
    await connection.close();
  }
}

async function withSuggestion(error: AuraError, control: EpochsControl, epochId: string | undefined): Promise<AuraError> {
  if (error.code !== "not_found" || epochId === undefined) return error;
  const known = await control.list().then(
    (rows) => rows.map((row) => row.epoch_id),
    (): string[] => [],
  );
  if (known.includes(epochId)) return error;
  const { nearest } = await import("../services/spec/problems.js");
  const meant = nearest(epochId, known);
  const fix = meant === undefined ? "see the epochs with: aura-msg epoch list --all" : `did you mean ${meant}?`;
  return new AuraError("not_found", `there is no epoch ${epochId}`, { fix, cause: error });
}

export interface Telling {
  /** What is asked for, such as `advance to p5 Plan UAT`. */
  readonly what: string;
  readonly send: (control: EpochsControl, signature: Signature, connection: EpochsConnection) => Promise<Reply>;
  /** The line that a person reads when it is done. */
  readonly done: (reply: Reply) => string;
}

/** Sends one message to an epoch and tells what came of it: exit 3 and a line for each reason when it is refused. */
export function tellEpoch(context: Context, { what, send, done }: Telling): Promise<ExitStatus> {
  const { globals, io } = context;
  const { epochId } = context.options<EpochOption>();
  return withEpochs(context, async (connection) => {
    const { by, requestId } = newAsker();
    const reply = await send(connection.control, { by, key: requestId }, connection);
    if (reply.success) {
      io.out(globals.json ? `${JSON.stringify({ schema_version: 1, ...reply })}\n` : `${plain(done(reply))}\n`);
      return 0;
    }
    const error = new AuraError("refused", `refused: ${what}; epoch ${epochId} is in ${phaseLabel(reply.phase)}`, {
      fix: `see: aura-msg query state --epoch-id ${epochId}`,
    });
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, error: errorFields(error), ...reply })}\n`);
    else io.err([`aura-msg: ${plain(error.line)}`, ...reply.refused.map((line) => `  ${plain(line)}`), ""].join("\n"));
    return 3;
  });
}

/** Two options of which one is to be given. Throws AuraError `usage`. */
export function oneOfTwo(command: string, first: string, second: string, given: readonly [unknown, unknown]): void {
  if ((given[0] === undefined) !== (given[1] === undefined)) return;
  const what = given[0] === undefined ? `needs ${first} or ${second}` : `takes ${first} or ${second}, not both`;
  throw new AuraError("usage", `${command} ${what}`, { fix: `see: aura-msg ${command} --help` });
}

/** An object without what was not given. */
export function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };
}
