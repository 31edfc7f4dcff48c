import { existsSync, renameSync, rmSync } from "node:fs";
import { fileSize, hasFingerprint } from "./live-file.js";
import type { LiveLog } from "./live-log.js";
import { shiftUp } from "./rotated-files.js";

/** After a crash: a complete copy becomes number 1, an incomplete one is discarded (its text is still in the live file). */
export function finishCopy({ paths, pending }: LiveLog): void {
  if (!existsSync(paths.copy)) return;
  if (pending === undefined) {
    rmSync(paths.copy, { force: true });
    return;
  }
  shiftUp(paths, Number.POSITIVE_INFINITY); // the limits may not be known yet
  renameSync(paths.copy, paths.rotated(1));
}

/**
 * Finds out whether a pending cut was made, by where the text that follows it stands now: at the beginning (made),
 * behind the piece (still to be made), or nowhere (somebody emptied the file). Text that repeats itself can look as if the
 * cut was made; the piece then stays, twice in the files rather than never.
 */
export function settlePending(log: LiveLog): void {
  const { pending, paths } = log;
  if (pending === undefined) return;
  log.start = pending.to;
  const isMade = pending.how === "collapse" && hasFingerprint(paths.live, 0, pending.next);
  if (!isMade && hasFingerprint(paths.live, pending.to - log.base, pending.next)) return;
  log.base = pending.to;
  log.pending = undefined;
  log.size = fileSize(paths.live);
}
