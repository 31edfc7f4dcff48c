import type { Colors } from "picocolors/types.js";
import type { ShownSession } from "../../epochs/control.js";
import type { Run } from "../context.js";
import { lookAt } from "../epoch-look.js";
import { withEpochs, type EpochOption } from "../epoch-run.js";
import { renderTable, type Row } from "../render/table.js";
import { plain } from "../render/text.js";
import { localTime } from "../render/why.js";

const COLUMNS = [
  { title: "SESSION", flexible: true },
  { title: "ROLE" },
  { title: "STATE" },
  { title: "MODEL" },
  { title: "PID", align: "right" },
  { title: "LAST SEEN" },
] as const;

export const run: Run = (context) =>
  withEpochs(context, async (connection) => {
    const { globals, io } = context;
    const { epochId } = context.options<EpochOption>();
    const { sessions } = await lookAt(connection, epochId);
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, epoch_id: epochId, sessions })}\n`);
    else if (sessions.length === 0) io.out(`epoch ${epochId} has no sessions\n`);
    else {
      const rows = sessions.map((session) => sessionRow(session, io.colors));
      io.out(`${renderTable(COLUMNS, rows, io.columns(), io.colors.bold).join("\n")}\n`);
    }
    return 0;
  });

function sessionRow({ session_id, role, state, model, process, last_seen }: ShownSession, colors: Colors): Row {
  const paint = state === "active" ? colors.green : state === "gone" ? colors.red : colors.dim;
  const pid = process === undefined ? "-" : String(process.pid);
  return {
    cells: [
      { text: plain(session_id) },
      { text: role },
      { text: state, paint },
      { text: plain(model ?? "") || "-" },
      { text: pid },
      { text: localTime(Date.parse(last_seen)) },
    ],
  };
}
