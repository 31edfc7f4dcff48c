/**
 * The sidecar `NAME.log.idx`, NDJSON: one header, then one `[time, offset]` line for each sweep that saw the log grow.
 * Offsets are logical: they count every byte ever written, through all rotations.
 */
export interface LogIndex {
  /** Logical offset of the live file's first byte. */
  readonly base: number;
  /** Logical offset where the live file's own text begins; what lies between is in NAME.log.1 or dropped. */
  readonly start: number;
  /** A rotation that was begun and not finished. */
  readonly pending?: Pending | undefined;
  readonly marks: readonly Mark[];
}

/** The text before `to` has been copied or given up; it is still to be cut from the live file. */
export interface Pending {
  readonly from: number;
  readonly to: number;
  readonly how: "collapse" | "punch";
  /** Fingerprint of the text that follows `to`: tells after a crash whether the cut was made. */
  readonly next: Fingerprint;
}

export interface Fingerprint {
  readonly length: number;
  readonly sha1: string;
}

/** At `time` (wall clock ms) the log had `offset` bytes. */
export type Mark = readonly [time: number, offset: number];

export const MAX_MARKS = 1000;

export function formatIndex({ base, start, pending, marks }: LogIndex): string {
  const header = JSON.stringify({ v: 1, base, start, pending });
  return [header, ...marks.map(formatMark), ""].join("\n");
}

export function formatMark(mark: Mark): string {
  return JSON.stringify(mark);
}

/** Damaged lines (a torn last one, say) are left out; undefined when the header is. */
export function parseIndex(text: string): LogIndex | undefined {
  const [first = "", ...rest] = text.split("\n");
  const header = parseJson(first);
  if (!isHeader(header)) return undefined;
  const { base, start, pending } = header;
  return { base, start, pending, marks: rest.map(parseJson).filter(isMark) };
}

/** Every second mark of the older half goes: the further back, the coarser. */
export function thin(marks: readonly Mark[]): Mark[] {
  if (marks.length <= MAX_MARKS) return [...marks];
  const half = Math.floor(marks.length / 2);
  return marks.filter((_, i) => i >= half || i % 2 === 0);
}

/**
 * An offset before which nothing was written at or after `time`. Text right behind it may be older:
 * rather a line too many than one too few, also when the clock was set back in between.
 */
export function offsetAt(marks: readonly Mark[], time: number): number {
  const later = marks.findIndex(([at]) => at > time);
  const last = later === -1 ? marks.at(-1) : marks[later - 1];
  return last?.[1] ?? 0;
}

/** Marks that still point into text that exists, and the one before them. */
export function marksFrom(marks: readonly Mark[], oldest: number): Mark[] {
  const first = marks.findIndex(([, offset]) => offset > oldest);
  return first === -1 ? marks.slice(-1) : marks.slice(Math.max(0, first - 1));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isMark(value: unknown): value is Mark {
  return Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n));
}

function isHeader(value: unknown): value is Omit<LogIndex, "marks"> {
  if (typeof value !== "object" || value === null) return false;
  const { v, base, start, pending } = value as Record<string, unknown>;
  return v === 1 && isOffset(base) && isOffset(start) && start >= base && (pending === undefined || isPending(pending));
}

function isPending(value: unknown): value is Pending {
  if (typeof value !== "object" || value === null) return false;
  const { from, to, how, next } = value as Record<string, unknown>;
  return isOffset(from) && isOffset(to) && (how === "collapse" || how === "punch") && typeof next === "object" && next !== null;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
