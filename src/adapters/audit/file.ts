import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Which file a path leads to. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

/**
 * Makes the file, and its folder, where they are missing, for their owner only, and takes from others what they may do with
 * an existing one: SQLite gives the files beside it the same mode. Throws the error of the file system. An existing file is
 * not opened here: closing it would drop the locks that a connection of this process has on it.
 */
export function prepareFile(path: string): FileIdentity {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) create(path);
  else if (!found.isFile()) throw Object.assign(new Error(`${path} is no file`), { code: "EISDIR" });
  for (const one of [path, `${path}-wal`, `${path}-shm`]) narrow(one);
  return fileIdentity(path)!;
}

export function fileIdentity(path: string): FileIdentity | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : { dev: found.dev, ino: found.ino };
}

/** Bytes of the write-ahead log beside a database. */
export function logSize(path: string): number {
  return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

function create(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    // Another aurad may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  syncFolder(dirname(path));
}

function narrow(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & 0o077) === 0) return;
  try {
    chmodSync(path, 0o600);
  } catch {
    // Somebody else's file: whether it can be used is another question.
  }
}

/** A new name is only safe once its folder is. Not every file system can do that. */
function syncFolder(path: string): void {
  try {
    const fd = openSync(path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // As good as it gets.
  }
}
