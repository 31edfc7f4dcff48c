import { chmodSync, chownSync, lstatSync, lutimesSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Content, Path } from "../../sync/entry.js";
import type { FileStat, Placed, TempFile } from "../../sync/ports.js";
import type { Area } from "./areas.js";
import { absolute, hasFolders } from "./open-root.js";
import type { OpenRoot } from "./open-root.js";
import { CHANGED, done, inArea, moveNew, occupied } from "./placing.js";
import type { Fresh } from "./placing.js";
import { codeOf, SystemFailure, writeFailure } from "./refusal.js";
import { replace } from "./replace.js";
import { isAsExpected, lstat } from "./stat.js";

const UMASK = process.umask();

/** See `RootFolder.place`. */
export function place(
  root: OpenRoot,
  path: Path,
  content: Content,
  temp: TempFile | null,
  expected: FileStat | null,
  mtimeMs: number,
): Placed {
  return inArea(root, path, (area) => {
    const target = absolute(root, path);
    if (!hasFolders(root, path)) return CHANGED;
    const old = lstat(target);
    if (!isAsExpected(old, expected)) return CHANGED;
    if (content.type === "dir" && old?.isDirectory() === true) return done(target, old);
    if (content.type === "dir" && old === null) return makeFolder(root, path, target);
    const inTheWay = old?.isDirectory() === true ? occupied(root, path, target) : null;
    if (inTheWay !== null) return inTheWay;
    const fresh = prepare(root, area, path, content, temp, old, mtimeMs);
    let result = CHANGED;
    try {
      root.onStep("checked", path);
      result = old === null ? placeNew(root, target, fresh) : replace(root, area, path, fresh, expected!);
    } finally {
      if (result.result !== "done" && fresh.path !== temp?.path) remove(root, fresh.path);
    }
    if (result.result !== "done") return result;
    root.unflushed.note(target);
    root.temps.placed(fresh.path);
    if (temp !== null) temp.discard();
    return result;
  });
}

function makeFolder(root: OpenRoot, path: Path, target: string): Placed {
  root.onStep("checked", path);
  mkdirSync(target, 0o755);
  root.unflushed.note(target);
  return done(target, lstatSync(target));
}

function placeNew(root: OpenRoot, target: string, fresh: Fresh): Placed {
  moveNew(root, fresh.path, target);
  return done(target, fresh.stats);
}

/** On the file system of the target, with times and permissions. What is wrong with it is no matter of the path. */
function prepare(
  root: OpenRoot,
  area: Area,
  path: Path,
  content: Content,
  temp: TempFile | null,
  old: Stats | null,
  mtimeMs: number,
): Fresh {
  let name = temp?.path;
  try {
    if (content.type === "file") {
      if (temp === null) throw new Error("a file without content");
      if (!temp.path.startsWith(`${area.tmp}/`)) name = copied(root, area, temp);
      permit(name!, content.exec, old);
      setTime(name!, mtimeMs);
    } else {
      name = root.temps.name(area);
      if (content.type === "dir") mkdirSync(name, 0o755);
      else if (content.type === "link") makeLink(name, content.target, mtimeMs);
      else throw new Error("nothing to put in place");
    }
    return { path: name!, stats: lstat(name!)! };
  } catch (error) {
    if (name !== undefined && name !== temp?.path) remove(root, name);
    throw ["NO_LINKS", "ENAMETOOLONG", "EROFS"].includes(codeOf(error)) ? error : writeFailure(error, absolute(root, path));
  }
}

function makeLink(name: string, target: string, mtimeMs: number): void {
  try {
    symlinkSync(target, name);
  } catch (error) {
    const none = ["EPERM", "ENOTSUP", "EOPNOTSUPP"].includes(codeOf(error));
    throw none ? new SystemFailure("NO_LINKS", `symlink ${name}`) : error;
  }
  setTime(name, mtimeMs);
}

function copied(root: OpenRoot, area: Area, temp: TempFile): string {
  const copy = root.temps.copy(temp.path, area);
  copy.finish();
  return copy.path;
}

/** A new file is as readable as any other; one that is replaced stays as it was, and does not open what was hidden. */
function permit(path: string, exec: boolean, old: Stats | null): void {
  const plain = old?.isFile() === true ? old.mode & 0o666 : 0o644 & ~UMASK;
  if (old?.isFile() === true && process.getuid?.() === 0 && (old.uid !== 0 || old.gid !== 0)) chownSync(path, old.uid, old.gid);
  chmodSync(path, exec ? executable(plain, old) : plain);
}

/** Whoever may read it may execute it; one that could be executed already keeps by whom. */
export function executable(plain: number, old: Stats | null): number {
  const before = old?.isFile() === true ? old.mode & 0o111 : 0;
  return plain | (before === 0 ? ((plain & 0o444) >> 2) | 0o100 : before | 0o100);
}

/** Not every file system can hold every time; which one it is decides nothing. */
function setTime(path: string, mtimeMs: number): void {
  try {
    // A little more, so that the fraction of a double does not end below the millisecond.
    const seconds = (mtimeMs + 0.0004) / 1000;
    lutimesSync(path, seconds, seconds);
  } catch {
    // It keeps the time of its making.
  }
}

/** Something of our own that was not put in place. */
function remove(root: OpenRoot, path: string): void {
  rmSync(path, { recursive: true, force: true });
  root.temps.placed(path);
}
