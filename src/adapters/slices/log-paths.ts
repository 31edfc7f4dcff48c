import { constants, existsSync, mkdirSync, openSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { SliceKey } from "../../epochs/slice.js";
import { checkKey } from "./attempt-name.js";

/** `LOGDIR/EPOCH/SLICE.ATTEMPT.log`; contract: the names are what `slice logs` and people look for. */
export function logFile(logDir: string, key: SliceKey): string {
  checkKey(key);
  return join(logDir, key.epoch_id, `${key.slice_id}.${key.attempt}.log`);
}

/**
 * For appending, 0600; made with its folder. Both streams of the attempt go there, written by its own processes.
 * A log of an earlier epoch with the same id is moved to `….log.old`.
 */
export function openLog(logDir: string, key: SliceKey, isFirst: boolean): number {
  const file = logFile(logDir, key);
  mkdirSync(join(logDir, key.epoch_id), { recursive: true, mode: 0o700 });
  if (isFirst && existsSync(file)) renameSync(file, `${file}.old`);
  return openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
}

/** The attempts of a slice that have a log on this host, ascending. */
export function attemptsOf(logDir: string, epoch_id: string, slice_id: string): readonly number[] {
  checkKey({ epoch_id, slice_id, attempt: 1 });
  let files: readonly string[];
  try {
    files = readdirSync(join(logDir, epoch_id));
  } catch {
    return [];
  }
  const numbers = files.map((file) => {
    const match = /^(.+)\.(\d{1,9})\.log$/.exec(file);
    return match?.[1] === slice_id ? Number(match[2]) : 0;
  });
  return numbers.filter((number) => number > 0).toSorted((a, b) => a - b);
}
