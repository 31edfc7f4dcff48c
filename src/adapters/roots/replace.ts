import { readdirSync, renameSync } from "node:fs";
import type { Path } from "../../sync/entry.js";
import type { FileStat, Placed } from "../../sync/ports.js";
import type { Area } from "./areas.js";
import { absolute } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { done, removeFolder, trashSlot, whatIsWrong } from "./placing.js";
import type { Fresh } from "./placing.js";
import { SystemFailure } from "./refusal.js";
import { replaceInSteps } from "./replace-in-steps.js";
import { lstat } from "./stat.js";

/**
 * Puts `fresh` where something is, and that into the trash, in one step: the new one goes to the old one's place in the
 * trash first, then the two are swapped. So whoever looks sees one of them, and a crash at any moment leaves the old one
 * in place or in the trash, never in a folder that is cleaned. What came out is looked at: when somebody saved in between,
 * it is swapped back.
 */
export function replace(root: OpenRoot, area: Area, path: Path, fresh: Fresh, expected: FileStat): Placed {
  const target = absolute(root, path);
  const slot = trashSlot(root, area, path);
  try {
    if (!swap(root, fresh, slot, target)) return replaceInSteps(root, path, fresh, expected, slot);
    root.onStep("swapped", path);
    const wrong = whatIsWrong(root, path, slot, expected);
    if (wrong !== null) {
      swapBack(root, path, fresh, slot);
      return wrong;
    }
    if (expected.type === "dir") removeFolder(slot);
    return done(target, fresh.stats);
  } finally {
    if (lstat(slot) === null) area.trash.release(slot);
  }
}

/** False where that is not possible. */
function swap(root: OpenRoot, fresh: Fresh, slot: string, target: string): boolean {
  renameSync(fresh.path, slot);
  const result = root.calls.exchange(slot, target);
  if (result === "done") return true;
  renameSync(slot, fresh.path);
  if (result === "unsupported") return false;
  throw new SystemFailure(result, `swap with ${target}`);
}

function swapBack(root: OpenRoot, path: Path, fresh: Fresh, slot: string): void {
  const target = absolute(root, path);
  root.onStep("undoing", path);
  const result = root.calls.exchange(slot, target);
  if (result === "done" && isOurs(slot, fresh)) renameSync(slot, fresh.path);
  // Somebody saved once more, over ours: that one belongs in place, and the one before it stays in the trash.
  else if (result === "done") root.calls.exchange(slot, target);
  // Somebody deleted ours. What was there goes back, unless something new is there already.
  else root.calls.moveNew(slot, target);
}

/** The number of a file that was deleted is soon that of another one, so its number alone tells nothing. */
function isOurs(slot: string, { stats }: Fresh): boolean {
  const now = lstat(slot);
  if (now === null || now.ino !== stats.ino || now.mode !== stats.mode) return false;
  return now.isDirectory() ? readdirSync(slot).length === 0 : now.size === stats.size && now.mtimeMs === stats.mtimeMs;
}
