import { readFileSync } from "node:fs";
import { parseIndex } from "./index-file.js";
import { fileSize } from "./live-file.js";
import { saveIndex, type LiveLog, type LogLimits } from "./live-log.js";
import type { LogPaths } from "./paths.js";
import { finishCopy, settlePending } from "./recover.js";

/** Reads the sidecar and repairs what a crash left. An unreadable sidecar costs only times and offsets. */
export function loadLog(name: string, paths: LogPaths, limits: LogLimits): LiveLog {
  const index = readIndex(paths);
  const log: LiveLog = {
    name,
    paths,
    limits,
    isSwept: false,
    size: 0,
    cut: undefined,
    warned: false,
    base: index?.base ?? 0,
    start: index?.start ?? 0,
    pending: index?.pending,
    marks: [...(index?.marks ?? [])],
    indexLines: index === undefined ? 0 : index.marks.length + 1,
  };
  attempt(() => finishCopy(log)); // tried again before the cut
  settlePending(log);
  log.size = fileSize(paths.live);
  const known = Math.max(log.start, log.marks.at(-1)?.[1] ?? 0);
  // The live file was emptied or removed while nobody looked: offsets only ever grow.
  if (log.base + log.size < known) {
    log.base = log.start = known;
    log.pending = undefined;
  }
  return log;
}

/**
 * The logical range of the live file's own text, looked up now. Notices when somebody emptied or removed the file.
 * While a cut is under way, a shorter file than before means that it has been made.
 */
export function look(log: LiveLog): { readonly start: number; readonly end: number } {
  const size = fileSize(log.paths.live);
  if (log.cut !== undefined) {
    const base = size < log.cut.sizeBefore ? log.cut.to : log.base;
    return { start: log.start, end: base + size };
  }
  if (size < log.size) noticeShrinking(log);
  log.size = size;
  return { start: log.start, end: log.base + size };
}

/** Either the cut of an earlier aurad has come to its end, or somebody emptied the file: then what it held is gone. */
function noticeShrinking(log: LiveLog): void {
  settlePending(log);
  if (fileSize(log.paths.live) < log.size) {
    log.base += log.size;
    log.start = log.base;
    log.pending = undefined;
  }
  attempt(() => saveIndex(log)); // else the next rotation saves it
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // The caller says why this can wait.
  }
}

function readIndex(paths: LogPaths) {
  try {
    return parseIndex(readFileSync(paths.index, "utf8"));
  } catch {
    return undefined;
  }
}
