import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Replaces a file: readers, and a crash at any moment, see the old content or the new one, whole. */
export function writeFileAtomic(path: string, text: string, mode = 0o600): void {
  withDraft(path, text, mode, (draft) => renameSync(draft, path));
  syncFolder(path);
}

/** Creates a file with its content in one step. Returns false when it exists. */
export function createFileAtomic(path: string, text: string, mode = 0o600): boolean {
  try {
    withDraft(path, text, mode, (draft) => linkSync(draft, path));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function withDraft(path: string, text: string, mode: number, publish: (draft: string) => void): void {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    const fd = openSync(draft, "wx", mode);
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    publish(draft);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Without this a power cut may bring the old name back. Not every file system can; then it is as good as it gets. */
function syncFolder(path: string): void {
  try {
    const fd = openSync(dirname(path), "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The content itself is safe.
  }
}
