import type { Colors } from "picocolors/types.js";
import type { SliceStatus } from "../../epochs/slice.js";
import { sliceColor, span } from "./epoch-words.js";
import { renderTable, type Column, type Row } from "./table.js";
import { plain, wrap } from "./text.js";

const COLUMNS: readonly Column[] = [
  { title: "SLICE", flexible: true },
  { title: "STATE" },
  { title: "ATTEMPT", align: "right" },
  { title: "HOST" },
  { title: "PID", align: "right" },
  { title: "TIME", align: "right" },
];

/** The slices in the order of their plan; below each that did not simply succeed, the reason. */
export function renderSlices(slices: readonly SliceStatus[], colors: Colors, width: number, now: number): string[] {
  const rows = slices.map((slice): Row => {
    const { id, state, attempt, host, pid, started_at, ended_at, reason, error } = slice;
    const time = started_at === null ? "-" : span(started_at, ended_at === null ? now : Date.parse(ended_at));
    const cells = [
      plain(id),
      state.replace("_", " "),
      attempt === 0 ? "-" : String(attempt),
      plain(host) || "-",
      pid === null ? "-" : String(pid),
      time,
    ];
    const why = [...new Set([plain(reason), plain(error)])].filter((text) => text !== "").join("; ");
    const below = state === "succeeded" || why === "" ? [] : wrap(why, width - 4).map((line) => colors.dim(`    ${line}`));
    return { cells: cells.map((text, at) => (at === 1 ? { text, paint: sliceColor(state, colors) } : { text })), below };
  });
  return renderTable(COLUMNS, rows, width, colors.bold);
}
