import type { Entry } from "./entry.js";
import { compareVectors } from "./vector.js";

/** By the clock of the device that deleted; it only has to be long. */
export const FORGET_AFTER_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Whether a deletion may be dropped from a root: every device tells of the very same deletion or has never heard of the path,
 * and it is 30 days old. `heads`: what the state of each device that ever told anything has at the path; undefined: nothing.
 */
export function mayForget(entry: Entry, heads: Iterable<Entry | undefined>, nowMs: number): boolean {
  if (entry.content.type !== "gone" || nowMs - entry.mtimeMs <= FORGET_AFTER_MS) return false;
  for (const other of heads) {
    if (other === undefined) continue;
    if (other.content.type !== "gone" || compareVectors(other.vector, entry.vector) !== "equal") return false;
  }
  return true;
}
