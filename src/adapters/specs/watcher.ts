import type { Log } from "../../shared/log.js";
import { watchFolder } from "../files/folder-watcher.js";
import { isSpecName } from "./spec-files.js";

/** Calls back after `quietMs` without a further change of a spec in the directory. Rejects with watcher_failed. */
export function watchSpecs(dir: string, onChange: () => void, quietMs: number, log: Log): Promise<() => Promise<void>> {
  const unseen = "changes of service specs may go unseen; use: aura-msg reload";
  return watchFolder({ dir, isWanted: isSpecName, quietMs, unseen, log }, onChange);
}
