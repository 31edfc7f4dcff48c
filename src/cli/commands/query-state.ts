import type { Run } from "../context.js";
import { lookAt } from "../epoch-look.js";
import { withEpochs, type EpochOption } from "../epoch-run.js";
import { renderEpoch } from "../render/epoch.js";

export const run: Run = (context) =>
  withEpochs(context, async (connection) => {
    const { globals, io } = context;
    const document = await lookAt(connection, context.options<EpochOption>().epochId);
    if (globals.json) io.out(`${JSON.stringify(document)}\n`);
    else io.out(`${renderEpoch(document, io.colors, io.columns(), Date.now()).join("\n")}\n`);
    return 0;
  });
