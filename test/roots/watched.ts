import { afterEach } from "vitest";
import { createFolderWatcher } from "../../src/adapters/roots/watcher.js";
import type { WatcherOptions } from "../../src/adapters/roots/watcher.js";
import type { Log, LogFields } from "../../src/shared/log.js";
import { silentLog } from "../../src/shared/log.js";
import type { Watching, WatchRequest } from "../../src/sync/ports.js";
import { until } from "../support/until.js";

export const QUIET_MS = 60;

type News = readonly string[] | "all";

export interface Watched {
  readonly watching: Watching;
  /** What was told so far, and when. */
  readonly told: { readonly news: News; readonly at: number }[];
  readonly warnings: LogFields[];
  /** Until every one of these folders was told, or `all`, since the last call; in any number of calls. */
  hears(...folders: string[]): Promise<void>;
  hearsAll(): Promise<void>;
  /** What was told since the last call, when a change of `folder` that is made now is told too. */
  upTo(folder: string, change: () => void): Promise<string[]>;
}

const open: Watching[] = [];

/** Watches folders; all is let go after each test. */
export function watchers(): (path: string, request?: Partial<WatchRequest>, options?: Partial<WatcherOptions>) => Promise<Watched> {
  afterEach(async () => {
    for (const watching of open.splice(0)) await watching.close();
  });
  return async (path, request = {}, options = {}) => {
    const told: { news: News; at: number }[] = [];
    const warnings: LogFields[] = [];
    const log: Log = { ...silentLog, warn: (fields) => void warnings.push(fields) };
    const watcher = createFolderWatcher({ log, ...options });
    const watching = await watcher.watch({ path, debounceMs: QUIET_MS, fallback: "fail", isIgnored: isAura, ...request }, (news) => {
      told.push({ news, at: performance.now() });
    });
    open.push(watching);
    let from = 0;
    const heard = (): Set<string> => new Set(told.slice(from).flatMap(({ news }) => (news === "all" ? ["all"] : news)));
    const hears = async (...folders: string[]): Promise<void> => {
      await until(
        () => folders.every((folder) => heard().has(folder)),
        15_000,
        () => `wanted ${folders.join()}, heard ${[...heard()].join()}`,
      );
      from = told.length;
    };
    return {
      watching,
      told,
      warnings,
      hears,
      hearsAll: () => hears("all"),
      upTo: async (folder, change) => {
        change();
        await until(() => heard().has(folder));
        const all = [...heard()];
        from = told.length;
        return all.toSorted();
      },
    };
  };
}

export function isAura(path: string): boolean {
  return path.split("/").includes(".aura");
}
