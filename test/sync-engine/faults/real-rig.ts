import { afterEach, beforeEach } from "vitest";
import { createS3Store } from "../../../src/adapters/s3/store.js";
import { createThrottle } from "../../../src/adapters/s3/throttle.js";
import { silentLog } from "../../../src/shared/log.js";
import type { ObjectStore } from "../../../src/sync/ports.js";
import type { RootLimits } from "../../../src/sync/root.js";
import { type BehindFront, behindFront } from "../../s3/behind-front.js";
import { Rig, ROOT_ID } from "../rig.js";

/** As in earnest, only quicker. */
const TIMING = { firstMs: 2, maxMs: 20 };
/** A busy machine may be silent for long. */
const PATIENT_MS = 20_000;

export interface RealRig extends Pick<BehindFront, "server" | "front" | "first"> {
  /** Devices whose bucket is on a real server, behind a front that misbehaves as it is told. */
  rig: Rig;
  /** Of the stores that open from now on. */
  env: Readonly<Record<string, string>>;
  remote: BehindFront["remote"];
  /** ms without an answer after which a store that opens from now on gives up. */
  idleMs: number;
  /** The front does as it should from now on, and nobody is impatient. */
  allIsWell(): Promise<void>;
  /** Requests that came to the front while it ran. */
  requestsOf(act: () => Promise<unknown>): Promise<number>;
}

/** For the tests of a `describe`; a new bucket for each of them. */
export function realRig(): RealRig {
  const behind = behindFront();
  const at = {
    first: (...args) => behind.first(...args),
    async allIsWell() {
      at.front.plan(() => undefined);
      at.idleMs = PATIENT_MS;
      for (const device of at.rig.devices) await device.close();
    },
    async requestsOf(act) {
      const before = at.front.seen.length;
      await act();
      return at.front.seen.length - before;
    },
  } as RealRig & { server: BehindFront["server"]; front: BehindFront["front"] };

  const store = (limits: RootLimits): ObjectStore =>
    createS3Store({
      remote: at.remote,
      rootId: ROOT_ID,
      credentials: { env: at.env },
      throttle: createThrottle(limits),
      log: silentLog,
      timing: { ...TIMING, idleMs: at.idleMs },
    });

  beforeEach(() => {
    Object.assign(at, { server: behind.server, front: behind.front, remote: behind.remote, env: behind.server.env, idleMs: PATIENT_MS });
    at.rig = new Rig({ store, inMemory: true });
  });
  afterEach(() => at.rig.remove());
  return at;
}
