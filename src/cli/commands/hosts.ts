import { connectTemporal } from "../connect.js";
import type { Run } from "../context.js";
import { byName } from "../render/status.js";
import { renderTable } from "../render/table.js";
import { plain } from "../render/text.js";
import { localTime } from "../render/why.js";

const COLUMNS = [
  { title: "HOST", flexible: true },
  { title: "STATE" },
  { title: "PID", align: "right" },
  { title: "LAST SEEN" },
  { title: "API" },
] as const;

export const run: Run = async ({ globals, io }) => {
  const temporal = await connectTemporal({ globals, io });
  try {
    const hosts = await temporal.hosts();
    if (globals.json) {
      io.out(`${JSON.stringify({ schema_version: 1, hosts })}\n`);
      return 0;
    }
    const rows = hosts
      .map((row) => ({ ...row, name: row.host }))
      .toSorted(byName)
      .map((row) => ({
        cells: [plain(row.host), plain(row.state), String(row.aurad_pid ?? "-"), seen(row.last_seen), plain(row.api_url ?? "-")].map(
          (text) => ({ text }),
        ),
      }));
    const lines = rows.length === 0 ? ["no hosts; start one with: aurad"] : renderTable(COLUMNS, rows, io.columns(), io.colors.bold);
    io.out(`${lines.join("\n")}\n`);
    return 0;
  } finally {
    await temporal.close();
  }
};

function seen(at: string | null): string {
  const ms = at === null ? Number.NaN : Date.parse(at);
  return Number.isNaN(ms) ? "-" : localTime(ms);
}
