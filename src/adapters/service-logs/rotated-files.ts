import { existsSync, renameSync, rmSync } from "node:fs";
import type { LogPaths } from "./paths.js";

/**
 * Frees number 1: .1 becomes .2 and so on up to the first gap, so that a shift that a crash cut short can be done again
 * without losing a file; the oldest is replaced when there is no gap.
 */
export function shiftUp(paths: LogPaths, keep: number): void {
  let free = 1;
  while (free < keep && existsSync(paths.rotated(free))) free++;
  for (let number = free; number > 1; number--) renameSync(paths.rotated(number - 1), paths.rotated(number));
}

/** Removes what the next rotation would push out, before the copy is written: that keeps the disk use bounded. */
export function makeRoom(paths: LogPaths, keep: number): void {
  const isFull = Array.from({ length: keep }, (_, i) => i + 1).every((number) => existsSync(paths.rotated(number)));
  if (isFull && keep > 0) rmSync(paths.rotated(keep), { force: true });
  removeBeyond(paths, keep);
}

/** Removes the files above `keep`, of a time when more were kept. */
export function removeBeyond(paths: LogPaths, keep: number): void {
  for (let number = keep + 1; existsSync(paths.rotated(number)); number++) rmSync(paths.rotated(number), { force: true });
}
