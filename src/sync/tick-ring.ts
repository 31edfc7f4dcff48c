import type { TickRecord } from "./control.js";

/** The newest ticks of a root, oldest first; as many as it has room for. */
export class TickRing {
  private records: TickRecord[] = [];
  private newest: TickRecord | null = null;
  private newestReal: TickRecord | null = null;

  /** `capacity` 0: only the last one is known. */
  constructor(private capacity: number) {}

  /** The last tick, a dry run too. */
  get last(): TickRecord | null {
    return this.newest;
  }

  /** The last one that was no dry run: it tells how the root is. */
  get lastReal(): TickRecord | null {
    return this.newestReal;
  }

  add(record: TickRecord): void {
    this.newest = record;
    if (!isDryRun(record)) this.newestReal = record;
    // Dry runs list what they would do: once is enough.
    this.records = this.records.map(withoutPlan).slice(Math.max(0, this.records.length + 1 - this.capacity));
    if (this.capacity > 0) this.records.push(record);
  }

  resize(capacity: number): void {
    this.capacity = capacity;
    this.records = capacity === 0 ? [] : this.records.slice(-capacity);
  }

  /** The newest `limit`, at least one where there is one. */
  slice(limit: number): readonly TickRecord[] {
    return this.records.slice(-Math.max(1, Math.floor(limit)));
  }

  find(index: number): TickRecord | undefined {
    return this.newest?.tick_index === index ? this.newest : this.records.find(({ tick_index }) => tick_index === index);
  }
}

export function isDryRun({ sync }: TickRecord): boolean {
  return sync?.dry_run === true;
}

function withoutPlan(record: TickRecord): TickRecord {
  if (record.sync?.plan === undefined) return record;
  const { plan: _, ...sync } = record.sync;
  return { ...record, sync };
}
