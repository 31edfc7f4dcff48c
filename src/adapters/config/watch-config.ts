import { basename, dirname, resolve } from "node:path";
import type { Log } from "../../shared/log.js";
import { watchFolder } from "../files/folder-watcher.js";

/** Longer than the watcher is blind after a save by renaming, so that what is read is the last save. */
const QUIET_MS = 300;

/** Calls back after `aura.toml` was saved, made, swapped or removed. Rejects with watcher_failed. */
export function watchConfig(file: string, onChange: () => void, log: Log): Promise<() => Promise<void>> {
  const path = resolve(file);
  const isWanted = (name: string): boolean => name === basename(path);
  const unseen = "changes of aura.toml may go unseen; restart aurad to take them over";
  return watchFolder({ dir: dirname(path), isWanted, quietMs: QUIET_MS, unseen, log }, onChange);
}
