import type { Log } from "../../shared/log.js";
import type { ObjectStore, RootFolder } from "../../sync/ports.js";
import type { RootIdentity, RootLimits } from "../../sync/root.js";
import type { RootState } from "./state/state.js";

/** What the engine of one root works with. */
export interface RootParts {
  readonly identity: RootIdentity;
  readonly limits: RootLimits;
  readonly store: ObjectStore;
  readonly folder: RootFolder;
  readonly state: RootState;
  /** Bytes above which a file goes up in parts. */
  readonly partsAbove: number;
  /** Hashes of files whose one request was cut off: they go up in parts from then on, which can be gone on with. */
  readonly cutOff: Set<string>;
  /** This device's clock, ms since 1970: for people, and for what grows old. Decides nothing between devices. */
  readonly now: () => number;
  readonly log: Log;
}
