import type { Path } from "../../sync/entry.js";
import { type Row, UNTOLD } from "./state/row.js";
import type { RootState } from "./state/state.js";

/** From so many on, and where they are most of all, rows are read at once instead of one by one. */
const MANY = 3000;

/** Rows as one step of a tick changes them: each is read once and written once. */
export class Rows {
  private readonly rows = new Map<Path, Row>();
  private readonly changed = new Set<Path>();
  private isWhole = false;

  constructor(private readonly state: RootState) {}

  /** So many will be asked for. */
  expect(count: number): void {
    if (count < MANY || this.isWhole || 2 * count < this.state.paths.size()) return;
    this.state.paths.each((row) => {
      if (!this.rows.has(row.path)) this.rows.set(row.path, row);
    });
    this.isWhole = true;
  }

  /** One of which nothing is known where there is none. */
  get(path: Path): Row {
    const known = this.rows.get(path);
    if (known !== undefined) return known;
    const row = (this.isWhole ? null : this.state.paths.get(path)) ?? { path, have: null, want: null, location: null, told: UNTOLD };
    this.rows.set(path, row);
    return row;
  }

  set(row: Row): void {
    this.rows.set(row.path, row);
    this.changed.add(row.path);
  }

  /** Within the caller's transaction. */
  write(): void {
    for (const path of this.changed) this.state.paths.put(this.rows.get(path)!);
    this.changed.clear();
  }
}
