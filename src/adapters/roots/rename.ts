import { chmodSync, lstatSync, lutimesSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Path } from "../../sync/entry.js";
import type { FileStat, Placed } from "../../sync/ports.js";
import type { Area } from "./areas.js";
import { move } from "./move.js";
import { pathRefusal } from "./names.js";
import { absolute, hasFolders } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { CHANGED, done, inArea, moveNew, trashSlot } from "./placing.js";
import { codeOf } from "./refusal.js";
import { remove } from "./remove.js";
import { isAsExpected, lstat } from "./stat.js";

/** See `RootFolder.rename`. */
export function rename(root: OpenRoot, from: Path, to: Path, expected: FileStat): Placed {
  const bad = pathRefusal(from, root.caseSensitive);
  if (bad !== null) return { result: "kept", why: bad };
  if (to.startsWith(`${from}/`)) return { result: "kept", why: "a folder cannot be moved into itself; rename it first" };
  return inArea(root, to, (area) => {
    const [source, target] = [absolute(root, from), absolute(root, to)];
    if (!hasFolders(root, from) || !hasFolders(root, to)) return CHANGED;
    const old = lstat(source);
    if (old === null || !isAsExpected(old, expected)) return CHANGED;
    const there = lstat(target);
    if (there !== null && !(there.ino === old.ino && isSpelling(root, from, to))) return CHANGED;
    root.onStep("checked", to);
    try {
      if (there !== null) respell(root, area, from, to);
      else if (!move(root, area, from, to, expected)) return CHANGED;
    } catch (error) {
      if (codeOf(error) !== "EXDEV" || expected.type === "dir" || root.areas.learn(from) === root.areas.learn(to)) throw error;
      return copyAcross(root, from, to, expected);
    }
    root.unflushed.note(source);
    root.unflushed.note(target);
    return done(target, old);
  });
}

/** Whether two paths are one where the folder does not tell letters, or their composition, apart. */
function isSpelling(root: OpenRoot, from: Path, to: Path): boolean {
  const fold = (path: Path): string => {
    const same = root.normalizationSensitive ? path : path.normalize("NFC");
    return root.caseSensitive ? same : same.toLowerCase();
  };
  return fold(from) === fold(to);
}

/** Not every file system takes such a rename for one; then in two steps, past the trash, where a crash would leave it. */
function respell(root: OpenRoot, area: Area, from: Path, to: Path): void {
  const [source, target] = [absolute(root, from), absolute(root, to)];
  renameSync(source, target);
  if (readdirSync(dirname(target)).includes(basename(target))) return;
  const slot = trashSlot(root, area, from);
  renameSync(source, slot);
  moveNew(root, slot, target);
  area.trash.release(slot);
}

/** To another file system. The original goes to the trash when it still is what was copied; otherwise both stay. */
function copyAcross(root: OpenRoot, from: Path, to: Path, expected: FileStat): Placed {
  const [source, target] = [absolute(root, from), absolute(root, to)];
  const temp = expected.type === "link" ? null : root.temps.copy(source, root.areas.of(to));
  const copy = temp?.path ?? root.temps.name(root.areas.of(to));
  try {
    if (temp === null) symlinkSync(readlinkSync(source), copy);
    else temp.finish();
    const old = lstatSync(source);
    if (temp !== null) chmodSync(copy, old.mode & 0o777);
    lutimesSync(copy, old.atime, old.mtime);
    if (!isAsExpected(old, expected)) return CHANGED;
    const stats = lstatSync(copy);
    moveNew(root, copy, target);
    root.unflushed.note(target);
    const placed = done(target, stats);
    return remove(root, from, expected).result === "done" ? placed : CHANGED;
  } finally {
    rmSync(copy, { force: true });
    root.temps.placed(copy);
  }
}
