import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { formatIndex, formatMark, marksFrom, MAX_MARKS, thin, type Mark, type Pending } from "./index-file.js";
import type { LogPaths } from "./paths.js";

export interface LogLimits {
  readonly maxSizeBytes: number;
  /** Rotated files kept beside the live one; 0 drops the oldest text instead. */
  readonly keep: number;
}

/** What is known of one service's log. Changed in place by the functions of this folder only. */
export interface LiveLog {
  readonly name: string;
  readonly paths: LogPaths;
  limits: LogLimits;
  /** Somebody may be writing it: the sweep looks after it. */
  isSwept: boolean;
  base: number;
  start: number;
  pending: Pending | undefined;
  marks: Mark[];
  /** Lines in the index file; it is written anew when there are many more than marks. */
  indexLines: number;
  /** Bytes of the live file at the last look. */
  size: number;
  /** A cut that is under way: whether the live file has been shortened yet is not known. */
  cut: { readonly to: number; readonly sizeBefore: number; readonly done: Promise<unknown> } | undefined;
  /** A failure has been logged and has not been followed by a success. */
  warned: boolean;
}

/** Resolves when offsets and bytes agree; then read without awaiting anything. */
export async function settled(log: LiveLog): Promise<void> {
  while (log.cut !== undefined) await log.cut.done.catch(() => {});
}

/** Adds to the sidecar. Throws when it cannot be written; the mark is kept in memory. */
export function addMark(log: LiveLog, mark: Mark): void {
  log.marks.push(mark);
  if (log.marks.length > MAX_MARKS) log.marks = thin(log.marks);
  if (log.indexLines > 2 * MAX_MARKS) return saveIndex(log);
  if (log.indexLines === 0) return writeIndex(log, log.paths.index); // nothing is there to be replaced
  appendFileSync(log.paths.index, `${formatMark(mark)}\n`, { mode: 0o600 });
  log.indexLines++;
}

/** Replaces the sidecar atomically, without marks of text older than `oldest`. Throws when it cannot be written. */
export function saveIndex(log: LiveLog, oldest = 0): void {
  log.marks = marksFrom(log.marks, oldest);
  const temporary = `${log.paths.index}.tmp`;
  writeIndex(log, temporary);
  renameSync(temporary, log.paths.index);
}

function writeIndex(log: LiveLog, file: string): void {
  writeFileSync(file, formatIndex(log), { mode: 0o600 });
  log.indexLines = log.marks.length + 1;
}
