import type { SliceLogQuery } from "../../epochs/ports.js";
import { AuraError } from "../../shared/errors.js";
import { connectSliceLogs } from "../connect-epochs.js";
import type { Run } from "../context.js";
import { given, withEpochs, type EpochOption } from "../epoch-run.js";
import { interrupted } from "../interrupted.js";

interface LogsOptions extends EpochOption {
  readonly sliceId: string;
  readonly lines: number;
  readonly follow?: boolean;
  readonly attempt?: number;
}

export const run: Run = (context) => {
  const { globals, io } = context;
  const { epochId, sliceId, lines, follow, attempt } = context.options<LogsOptions>();
  if (follow && globals.json) {
    throw new AuraError("usage", "--follow never ends, --json prints one document", { fix: "leave one of them out" });
  }
  return withEpochs(context, async ({ control }) => {
    const { slices } = await control.state(epochId);
    const slice = slices.find(({ id }) => id === sliceId);
    if (slice === undefined) {
      const { nearest } = await import("../../services/spec/problems.js");
      const ids = slices.map(({ id }) => id);
      const meant = nearest(sliceId, ids);
      throw new AuraError("not_found", `epoch ${epochId} has no slice ${sliceId}`, {
        fix: meant === undefined ? `see: aura-msg slice list --epoch-id ${epochId}` : `did you mean ${meant}?`,
      });
    }
    const query: SliceLogQuery = { epoch_id: epochId, slice_id: sliceId, lines, ...given({ attempt }) };
    const { logs, close } = await connectSliceLogs(context, slice.host);
    try {
      if (follow) for await (const line of logs.follow(query, interrupted())) io.out(`${line}\n`);
      else {
        const printed = await logs.tail(query);
        if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, epoch_id: epochId, slice_id: sliceId, lines: printed })}\n`);
        else io.out(printed.map((line) => `${line}\n`).join(""));
      }
      return 0;
    } finally {
      close();
    }
  });
};
