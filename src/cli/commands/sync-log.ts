import type { ManifestInfo } from "../../sync/engine-port.js";
import type { Io, Run } from "../context.js";
import { renderTable } from "../render/table.js";
import { plain } from "../render/text.js";
import { localTime } from "../render/why.js";
import { eachRoot } from "../roots-run.js";
import { shortIds } from "../short-ids.js";

const COLUMNS = [{ title: "TIME" }, { title: "DEVICE" }, { title: "SEQ", align: "right" }, { title: "MANIFEST", flexible: true }] as const;

export const run: Run = (context) => {
  const { lines } = context.options<{ readonly lines: number }>();
  return eachRoot(context, async ({ root_id }, { control }) => {
    const manifests = (await control.log(root_id, lines)).toSorted((a, b) => b.timeMs - a.timeMs || b.seq - a.seq);
    const document = {
      manifests: manifests.map(({ id, device, timeMs, seq }) => ({ id, device, time: new Date(timeMs).toISOString(), seq })),
    };
    return { document, lines: rendered(root_id, manifests, context.io) };
  });
};

function rendered(root: string, manifests: readonly ManifestInfo[], io: Io): readonly string[] {
  if (manifests.length === 0) return [`${plain(root)}: no manifest yet; the first tick writes one`];
  const short = shortIds(manifests.map(({ id }) => id));
  const rows = manifests.map(({ device, timeMs, seq }, i) => ({
    cells: [localTime(timeMs), plain(device), String(seq), plain(short[i]!)].map((text) => ({ text })),
  }));
  return [`${plain(root)}:`, ...renderTable(COLUMNS, rows, io.columns(), io.colors.bold)];
}
