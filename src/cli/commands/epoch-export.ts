import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { AuraError, asAuraError } from "../../shared/errors.js";
import type { Run } from "../context.js";
import { lookAt } from "../epoch-look.js";
import { withEpochs, type EpochOption } from "../epoch-run.js";

export const run: Run = (context) =>
  withEpochs(context, async (connection) => {
    const { globals, io } = context;
    const { epochId, output } = context.options<EpochOption & { readonly output?: string }>();
    const { control } = connection;
    const state = await lookAt(connection, epochId);
    const [audit, history] = await Promise.all([control.audit(epochId, {}), control.history(epochId)]);
    const document = { schema_version: 1, epoch_id: epochId, exported_at: new Date().toISOString(), state, audit, history };
    if (output === undefined) {
      io.out(`${JSON.stringify(document, null, globals.json ? undefined : 2)}\n`);
      return 0;
    }
    const file = resolve(output);
    write(file, `${JSON.stringify(document, null, 2)}\n`);
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, epoch_id: epochId, file, events: audit.length })}\n`);
    else io.out(`wrote ${output}: epoch ${epochId} in ${state.current_phase}, ${audit.length} audit events\n`);
    return 0;
  });

/** Only for its owner: it holds what was said at every gate. */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw new AuraError("file_write", `cannot write ${file}: ${asAuraError(error).message}`, { cause: error });
  }
}
