import { lstatSync } from "node:fs";
import type { Stats } from "node:fs";
import type { FileStat } from "../../sync/ports.js";

const TYPE_BITS = 0o170000;
const FILE = 0o100000;
const DIR = 0o040000;
const LINK = 0o120000;

const QUIET = { throwIfNoEntry: false } as const;

/** Null for what is no file, folder or link. */
export function toFileStat(stats: Stats): FileStat | null {
  const { mode, size, mtimeMs, ctimeMs, ino } = stats;
  switch (mode & TYPE_BITS) {
    case FILE:
      return { type: "file", size, mtimeMs, ctimeMs, ino, exec: (mode & 0o100) !== 0 };
    case DIR:
      return { type: "dir", size, mtimeMs, ctimeMs, ino, exec: false };
    case LINK:
      return { type: "link", size, mtimeMs, ctimeMs, ino, exec: false };
    default:
      return null;
  }
}

/** Where one of these is the answer, nothing can be at that path. */
const NOTHING = new Set(["ENOTDIR", "ENAMETOOLONG", "ELOOP"]);

/** What is at an absolute path, links not followed. Null when there is nothing; other failures are thrown. */
export function lstat(path: string): Stats | null {
  try {
    return lstatSync(path, QUIET) ?? null;
  } catch (error) {
    if (NOTHING.has((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

/** Whether it is as expected. Of a folder only that it is the same one: its times tell of its content, not of itself. */
export function isAsExpected(stats: Stats | null, expected: FileStat | null): boolean {
  return isSameContent(stats, expected) && (stats === null || expected?.type === "dir" || stats.ctimeMs === expected?.ctimeMs);
}

/** The same of something that was moved since: moving sets the ctime. */
export function isSameContent(stats: Stats | null, expected: FileStat | null): boolean {
  if (stats === null || expected === null) return stats === null && expected === null;
  const now = toFileStat(stats);
  if (now === null || now.type !== expected.type || now.ino !== expected.ino) return false;
  return now.type === "dir" || (now.size === expected.size && now.mtimeMs === expected.mtimeMs && now.exec === expected.exec);
}

export function kindOf(stats: Stats): string {
  if (stats.isSocket()) return "a socket";
  if (stats.isFIFO()) return "a named pipe";
  return stats.isBlockDevice() || stats.isCharacterDevice() ? "a device" : "of an unknown kind";
}
