import { renameSync, unlinkSync } from "node:fs";
import type { Path } from "../../sync/entry.js";
import type { FileStat } from "../../sync/ports.js";
import type { Area } from "./areas.js";
import { absolute } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { putBack, trashSlot, tryLink } from "./placing.js";
import { SystemFailure } from "./refusal.js";
import { isSameContent, lstat } from "./stat.js";

/**
 * Moves a person's file to where nothing is. False when it was no more what was expected: then it is where it was. Throws
 * with EEXIST when something came to be at the new place. What was saved in the last moment before moves along, and what is
 * saved right after is at the new place: both are found there, and told as changed, by the next scan.
 */
export function move(root: OpenRoot, area: Area, from: Path, to: Path, expected: FileStat): boolean {
  const [source, target] = [absolute(root, from), absolute(root, to)];
  const result = root.calls.moveNew(source, target);
  if (result === "unsupported") return moveInSteps(root, area, from, to, expected);
  if (result !== "done") throw new SystemFailure(result, `rename to ${target}`);
  root.onStep("swapped", to);
  return true;
}

/**
 * Where a rename cannot be told to replace nothing. A second name is made at the new place, which fails when something is
 * there; the first goes past the trash, so that what was saved under it meanwhile is not removed instead.
 */
function moveInSteps(root: OpenRoot, area: Area, from: Path, to: Path, expected: FileStat): boolean {
  const [source, target] = [absolute(root, from), absolute(root, to)];
  // A folder only ever replaces an empty one, and what can have no second name has nothing better.
  if (expected.type === "dir" || !tryLink(source, target)) {
    if (lstat(target) !== null) throw new SystemFailure("EEXIST", `rename to ${target}`);
    renameSync(source, target);
    root.onStep("swapped", to);
    return true;
  }
  root.onStep("swapped", to);
  let moved = false;
  try {
    const isExpected = isOneFile(source, target) && isSameContent(lstat(target), expected);
    moved = isExpected && giveUpFirstName(root, area, from, target);
    return moved;
  } finally {
    if (!moved) takeBack(source, target, expected);
  }
}

/** False when somebody has put another file at it meanwhile: that one is back there. */
function giveUpFirstName(root: OpenRoot, area: Area, from: Path, target: string): boolean {
  const source = absolute(root, from);
  const slot = trashSlot(root, area, from);
  try {
    renameSync(source, slot);
    const moved = isOneFile(slot, target);
    if (moved) unlinkSync(slot);
    else putBack(root, slot, source);
    return moved;
  } finally {
    if (lstat(slot) === null) area.trash.release(slot);
  }
}

/** Two names that are both there have the same number only when they are of one file. */
function isOneFile(a: string, b: string): boolean {
  const ino = lstat(a)?.ino;
  return ino !== undefined && ino === lstat(b)?.ino;
}

/** Gives up the second name, unless somebody has put something else there. */
function takeBack(source: string, target: string, expected: FileStat): void {
  if (isOneFile(source, target) || isSameContent(lstat(target), expected)) unlinkSync(target);
}
