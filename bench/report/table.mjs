/** Markdown tables whose columns line up in a terminal too. */

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows first column left, the rest right */
export function markdownTable(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

/** Three significant digits below 100, whole numbers above; "–" for nothing. */
export function figure(value) {
  if (value == null || Number.isNaN(value)) return "–";
  if (value === 0 || value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** `1.9–4.0` : smallest and largest sample. */
export function range(summary) {
  return summary == null ? "–" : `${figure(summary.min)}–${figure(summary.max)}`;
}

/** `2.31 (1.9–4.0)` : median with range. */
export function spread(summary) {
  return summary == null ? "–" : `${figure(summary.p50)} (${range(summary)})`;
}

export function ratio(value, base) {
  return value == null || base == null || base === 0 ? "–" : `${figure(value / base)}×`;
}
