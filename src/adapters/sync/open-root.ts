import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Log } from "../../shared/log.js";
import type { RootEngine } from "../../sync/engine-port.js";
import { PARTS_ABOVE } from "../../sync/pack.js";
import { readRoot } from "../roots/root-file.js";
import { openRootFolder } from "../roots/root-folder.js";
import { createS3Store } from "../s3/store.js";
import { createThrottle, type Throttle } from "../s3/throttle.js";
import { openEngine } from "./engine.js";
import { openState } from "./state/state.js";
import type { OpenArgs, ThreadData } from "./thread-messages.js";

/** One for each set of limits: roots of one aurad share theirs. */
export type Throttles = Map<string, Throttle>;

/** Everything real. Throws AuraError `root_missing`, `state_unreadable`, `config_invalid`. */
export function openRoot(
  { path, limits }: OpenArgs,
  { stateDir, envFile, env }: ThreadData,
  throttles: Throttles,
  log: Log,
): { readonly engine: RootEngine; readonly caseSensitive: boolean } {
  const identity = readRoot(path);
  const folder = openRootFolder(path);
  const { rootId, deviceId, remote } = identity;
  const state = openState(join(stateDir, `${rootId}.db`), { rootId, deviceId, newInstance: randomUUID });
  try {
    const throttle = throttleOf(throttles, limits);
    const store = createS3Store({ remote, rootId, credentials: { env, envFile }, throttle, log });
    const engine = openEngine({ identity, limits, store, folder, state, partsAbove: PARTS_ABOVE, now: Date.now, log });
    return { engine, caseSensitive: folder.caseSensitive };
  } catch (error) {
    state.close();
    throw error;
  }
}

function throttleOf(throttles: Throttles, { uploadLimit, downloadLimit, maxTransfers }: OpenArgs["limits"]): Throttle {
  const key = JSON.stringify([uploadLimit, downloadLimit, maxTransfers]);
  const throttle = throttles.get(key) ?? createThrottle({ uploadLimit, downloadLimit, maxTransfers });
  throttles.set(key, throttle);
  return throttle;
}
