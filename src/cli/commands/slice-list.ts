import type { Run } from "../context.js";
import { withEpochs, type EpochOption } from "../epoch-run.js";
import { renderSlices } from "../render/slices.js";

export const run: Run = (context) =>
  withEpochs(context, async ({ control }) => {
    const { globals, io } = context;
    const { epochId } = context.options<EpochOption>();
    const { slices } = await control.state(epochId);
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, epoch_id: epochId, slices })}\n`);
    else if (slices.length === 0) io.out(`epoch ${epochId} has no slices; they come with: aura-msg epoch start --slices FILE\n`);
    else io.out(`${renderSlices(slices, io.colors, io.columns(), Date.now()).join("\n")}\n`);
    return 0;
  });
