import { linkSync, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Path } from "../../sync/entry.js";
import type { FileStat, Placed } from "../../sync/ports.js";
import type { Area } from "./areas.js";
import { pathRefusal } from "./names.js";
import type { OpenRoot } from "./open-root.js";
import { codeOf, refusal, SystemFailure, writeFailure } from "./refusal.js";
import { isSameContent, lstat, toFileStat } from "./stat.js";

/** What the operations that change a root have in common. */

/** What is to be put in place, ready to be: nobody else has its name. */
export interface Fresh {
  /** Absolute. */
  readonly path: string;
  readonly stats: Stats;
}

export const CHANGED: Placed = { result: "changed" };

/**
 * Does it in the path's area. When a rename says that the path is on another file system than thought, once more in the
 * right one: until that moment nothing was changed.
 */
export function inArea(root: OpenRoot, path: Path, act: (area: Area) => Placed): Placed {
  const bad = pathRefusal(path, root.caseSensitive);
  if (bad !== null) return { result: "kept", why: bad };
  const area = root.areas.of(path);
  try {
    try {
      return act(area);
    } catch (error) {
      if (codeOf(error) !== "EXDEV") throw error;
      const learnt = root.areas.learn(path);
      if (learnt === area) throw error;
      return act(learnt);
    }
  } catch (error) {
    return refusal(error, path, root);
  }
}

/** A place in the trash for a path. Throws AuraError `file_write` when the trash itself cannot be written. */
export function trashSlot(root: OpenRoot, area: Area, path: Path): string {
  try {
    const slot = area.trash.slot(path);
    root.unflushed.noteBelow(slot, area.trash.dir);
    return slot;
  } catch (error) {
    // A mount that cannot be written is a matter of what is in it.
    if (codeOf(error) === "ENAMETOOLONG" || (area.top !== "" && codeOf(error) === "EROFS")) throw error;
    throw writeFailure(error, area.trash.dir);
  }
}

/** Moves something of our own to where nothing is. Throws with EEXIST when something is there. */
export function moveNew(root: OpenRoot, from: string, to: string): void {
  const result = root.calls.moveNew(from, to);
  if (result === "done") return;
  if (result !== "unsupported") throw new SystemFailure(result, `rename to ${to}`);
  if (tryLink(from, to)) return unlinkSync(from);
  if (lstat(to) !== null) throw new SystemFailure("EEXIST", `rename to ${to}`);
  renameSync(from, to);
}

/** A second name for a file: the one way to take a free name without the calls. False where there is no such thing. */
export function tryLink(from: string, to: string): boolean {
  // There a second name for a link is one for what it leads to.
  if (process.platform === "darwin" && lstat(from)?.isSymbolicLink() === true) return false;
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK", "ENOSYS"].includes(codeOf(error))) return false;
    throw error;
  }
}

/** Null when a folder is empty. Otherwise `kept` for what is not synced and would be lost with it, `changed` for the rest. */
export function occupied(root: OpenRoot, path: Path, dir: string): Placed | null {
  const names = readdirSync(dir);
  if (names.length === 0) return null;
  for (const name of names) {
    const stats = lstat(`${dir}/${name}`);
    if (stats === null || toFileStat(stats) === null || name.includes("\uFFFD")) continue;
    if (!root.rules().ignores(`${path}/${name}`, stats.isDirectory())) return CHANGED;
  }
  return { result: "kept", why: "holds files that are not synced; move or delete them" };
}

/**
 * What the next scan will find if nobody has touched it since. Somebody may have, between our rename and this look: then
 * it is told as it was before, which no scan will find, so that the change is seen.
 */
export function done(target: string, mine: Stats): Placed {
  const now = lstat(target);
  const untouched =
    now !== null &&
    now.ino === mine.ino &&
    now.mode === mine.mode &&
    (now.isDirectory() || (now.size === mine.size && now.mtimeMs === mine.mtimeMs));
  return { result: "done", stat: toFileStat(untouched ? now : mine)! };
}

/** What came out of its place goes back, unless something new is there: then it stays in the trash. */
export function putBack(root: OpenRoot, slot: string, target: string): void {
  try {
    if (lstat(slot)?.isDirectory() === true && lstat(target) === null) renameSync(slot, target);
    else moveNew(root, slot, target);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/** Why what lies in the trash now must not stay there; null when it may. */
export function whatIsWrong(root: OpenRoot, path: Path, slot: string, expected: FileStat): Placed | null {
  if (!isSameContent(lstat(slot), expected)) return CHANGED;
  return expected.type === "dir" ? occupied(root, path, slot) : null;
}

export function removeFolder(slot: string): void {
  try {
    rmdirSync(slot);
  } catch {
    // Somebody who was in it has put something there: that stays in the trash.
  }
}
