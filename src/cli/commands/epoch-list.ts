import type { Colors } from "picocolors/types.js";
import type { EpochRow } from "../../epochs/control.js";
import type { Run } from "../context.js";
import { withEpochs } from "../epoch-run.js";
import { phaseLabel, span, statusColor } from "../render/epoch-words.js";
import { renderTable, type Row } from "../render/table.js";
import { plain } from "../render/text.js";

const COLUMNS = [
  { title: "EPOCH", flexible: true },
  { title: "PHASE" },
  { title: "STATUS" },
  { title: "AGE", align: "right" },
  { title: "HOST" },
] as const;

export const run: Run = (context) =>
  withEpochs(context, async ({ control }) => {
    const { globals, io } = context;
    const { all } = context.options<{ readonly all?: boolean }>();
    const epochs = (await control.list())
      .filter(({ ended_at }) => all === true || ended_at === null)
      .toSorted((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, epochs })}\n`);
    else if (epochs.length === 0) io.out(`no epochs${all === true ? "" : " run; those that have ended: aura-msg epoch list --all"}\n`);
    else {
      const rows = epochs.map((epoch) => epochRow(epoch, io.colors, Date.now()));
      io.out(`${renderTable(COLUMNS, rows, io.columns(), io.colors.bold).join("\n")}\n`);
    }
    return 0;
  });

function epochRow({ epoch_id, phase, status, host, started_at }: EpochRow, colors: Colors, now: number): Row {
  return {
    cells: [
      { text: plain(epoch_id) },
      { text: phase === "" ? "-" : phaseLabel(phase) },
      { text: status, paint: statusColor(status, colors) },
      { text: span(started_at, now) },
      { text: plain(host) || "-" },
    ],
  };
}
