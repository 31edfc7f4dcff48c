import { renameSync, unlinkSync } from "node:fs";
import type { Path } from "../../sync/entry.js";
import type { FileStat, Placed } from "../../sync/ports.js";
import { absolute } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { CHANGED, done, moveNew, putBack, removeFolder, tryLink, whatIsWrong } from "./placing.js";
import type { Fresh } from "./placing.js";
import { isSameContent, lstat } from "./stat.js";

/** `replace` where two names cannot be swapped. `slot`: free, in the trash. */
export function replaceInSteps(root: OpenRoot, path: Path, fresh: Fresh, expected: FileStat, slot: string): Placed {
  const target = absolute(root, path);
  if (expected.type === "file" && !fresh.stats.isDirectory() && tryLink(target, slot)) {
    return takeOver(root, path, fresh, expected, slot);
  }
  return moveAway(root, path, fresh, expected, slot);
}

/**
 * The old one has a second name in the trash before its first is taken over. Whoever saves by renaming between the last
 * look and that loses what was saved, so the two stand next to each other.
 */
function takeOver(root: OpenRoot, path: Path, fresh: Fresh, expected: FileStat, slot: string): Placed {
  const target = absolute(root, path);
  let taken = false;
  try {
    root.onStep("swapped", path);
    if (!isSameContent(lstat(slot), expected) || !isSameContent(lstat(target), expected)) return CHANGED;
    renameSync(fresh.path, target);
    taken = true;
    return done(target, fresh.stats);
  } finally {
    if (!taken) unlinkSync(slot);
  }
}

/** What cannot have two names is moved away first: for a moment nothing is there. */
function moveAway(root: OpenRoot, path: Path, fresh: Fresh, expected: FileStat, slot: string): Placed {
  const target = absolute(root, path);
  renameSync(target, slot);
  let placed = false;
  try {
    root.onStep("swapped", path);
    const wrong = whatIsWrong(root, path, slot, expected);
    if (wrong !== null) return wrong;
    if (fresh.stats.isDirectory()) renameSync(fresh.path, target);
    else moveNew(root, fresh.path, target);
    placed = true;
  } finally {
    if (!placed) putBack(root, slot, target);
  }
  if (expected.type === "dir") removeFolder(slot);
  return done(target, fresh.stats);
}
