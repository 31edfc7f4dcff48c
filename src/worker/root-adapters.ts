import type { Home } from "../adapters/home/home.js";
import { trimMemory } from "../adapters/process/trim-memory.js";
import { bootstrapRoots } from "../adapters/roots/bootstrap.js";
import { createFolderWatcher } from "../adapters/roots/watcher.js";
import { createEngines } from "../adapters/sync/engines.js";
import type { ListHeads } from "../monitors/head-poll.js";
import type { Log } from "../shared/log.js";
import type { EnginePort, RootEngine } from "../sync/engine-port.js";
import type { WatcherPort } from "../sync/ports.js";

/** The world as sync roots need it. */
export interface RootAdapters {
  readonly engines: EnginePort;
  readonly watcher: WatcherPort;
  /** Begins the folders that have no `root.toml` and say how, all or none. Throws AuraError `config_invalid`, `bootstrap_failed`. */
  readonly bootstrap: (entries: readonly { readonly path: string; readonly init?: unknown }[], log: Log) => unknown;
  /** How the heads of a root are listed; roots of one `key` share the LIST. */
  readonly headsOf: (engine: RootEngine) => { readonly key: string; readonly list: ListHeads };
  /** Gives back what ticks needed. */
  readonly trimMemory: () => void;
  close(): Promise<void>;
}

/** Everything real. */
export function rootAdapters({ places }: Home, log: Log): RootAdapters {
  const engines = createEngines({ stateDir: places.syncDir, envFile: places.envFile, env: process.env, log });
  return {
    engines,
    watcher: createFolderWatcher({ log }),
    bootstrap: bootstrapRoots,
    headsOf(engine) {
      const { remote, rootId } = engine.identity;
      const key = [remote.endpoint ?? "", remote.region ?? "", remote.bucket, rootId].join("/");
      return { key, list: async (signal) => (await engine.listHeads?.(signal)) ?? {} };
    },
    trimMemory,
    close: () => engines.close(),
  };
}
