import { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";
import type { EnginePort, RootEngine } from "../../sync/engine-port.js";
import { EngineThread } from "./engine-thread.js";
import { RemoteEngine } from "./remote-engine.js";

export interface EnginesOptions {
  /** Folder of the state databases, absolute. */
  readonly stateDir: string;
  /** Absolute path of config/`env`; it need not be there. */
  readonly envFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** Of the compiled thread; for tests that run from sources. */
  readonly entry?: URL;
}

export interface Engines extends EnginePort {
  /** Ends the thread as a defect would; for tests. */
  kill(): Promise<void>;
  /** Closes all roots and ends the thread. */
  close(): Promise<void>;
}

/** The engines of all roots of this aurad, in one thread of their own. It is started with the first root. */
export function createEngines(options: EnginesOptions): Engines {
  const thread = new EngineThread(options);
  const opened = new Map<string, RemoteEngine>();
  return {
    async open({ path, limits }): Promise<RootEngine> {
      const engine = await RemoteEngine.open(thread, { path, limits });
      const { rootId } = engine.identity;
      const other = opened.get(rootId);
      if (other !== undefined && !other.isClosed) {
        await engine.close();
        throw new AuraError("config_invalid", `${other.path} and ${path} are both root ${rootId} on this host`, {
          fix: "remove one of the two from [[roots]]",
        });
      }
      opened.set(rootId, engine);
      return engine;
    },
    kill: () => thread.end(),
    async close() {
      await Promise.all([...opened.values()].map((engine) => engine.close()));
      await thread.end();
    },
  };
}
