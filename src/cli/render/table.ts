import { cut } from "./text.js";

export interface Column {
  readonly title: string;
  readonly align?: "right";
  /** Gives way when the table is too wide. One column at most. */
  readonly flexible?: boolean;
}

export interface Cell {
  readonly text: string;
  /** Applied after padding, so that colour codes do not count as width. */
  readonly paint?: (text: string) => string;
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Lines printed below the row, as they are. */
  readonly below?: readonly string[];
}

const GAP = 2;
const MIN_FLEXIBLE = 8;

/** Lines of a table no wider than `width`, unless the fixed columns alone are. */
export function renderTable(columns: readonly Column[], rows: readonly Row[], width: number, head: (text: string) => string): string[] {
  const natural = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => row.cells[i]?.text.length ?? 0)));
  const total = natural.reduce((sum, one) => sum + one, 0) + GAP * (columns.length - 1);
  const widths = natural.map((one, i) => (columns[i]!.flexible ? Math.max(MIN_FLEXIBLE, Math.min(one, one - (total - width))) : one));
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, i) => padded(cell, columns[i]!, widths[i]!))
      .join(" ".repeat(GAP))
      .trimEnd();
  return [head(line(columns.map(({ title }) => ({ text: title })))), ...rows.flatMap((row) => [line(row.cells), ...(row.below ?? [])])];
}

function padded({ text, paint }: Cell, column: Column, width: number): string {
  const fitting = cut(text, width);
  const space = " ".repeat(width - fitting.length);
  const shown = paint === undefined ? fitting : paint(fitting);
  return column.align === "right" ? space + shown : shown + space;
}
