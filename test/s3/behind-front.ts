import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { createS3Store, type S3StoreOptions } from "../../src/adapters/s3/store.js";
import { createThrottle } from "../../src/adapters/s3/throttle.js";
import { silentLog } from "../../src/shared/log.js";
import type { ObjectStore } from "../../src/sync/ports.js";
import type { Remote } from "../../src/sync/root.js";
import { type Front, type FrontAction, type FrontRequest, startFront } from "../support/s3/front.js";
import { type S3Server, startS3Server } from "../support/s3/server.js";

/** What is there within a test. */
export interface BehindFront {
  readonly server: S3Server;
  readonly front: Front;
  /** A new bucket, by way of the front. */
  readonly remote: Remote;
  readonly store: ObjectStore;
  storeWith(options: Pick<Partial<S3StoreOptions>, "log" | "timing" | "signal">): ObjectStore;
  /** Does this to the first `times` requests that the front sees from now on. */
  first(times: number, action: FrontAction, which?: (request: FrontRequest) => boolean): void;
}

/** As in earnest, only quicker. */
const TIMING = { firstMs: 2, maxMs: 20 };

/** A server for the tests of a `describe`, and for each of them a store behind a front that misbehaves as it is told. */
export function behindFront(): BehindFront {
  const at = {
    storeWith: (options) =>
      createS3Store({
        remote: at.remote,
        rootId: "notes",
        credentials: { env: at.server.env },
        throttle: createThrottle({ uploadLimit: null, downloadLimit: null, maxTransfers: 4 }),
        log: silentLog,
        ...options,
        timing: { ...TIMING, ...options.timing },
      }),
    first(times, action, which = () => true) {
      let left = times;
      at.front.plan((request) => (which(request) && left-- > 0 ? action : undefined));
    },
  } as { -readonly [key in keyof BehindFront]: BehindFront[key] };

  beforeAll(async () => {
    at.server = await startS3Server("versitygw");
  });
  afterAll(() => at.server.end());
  beforeEach(async () => {
    at.front = await startFront(at.server.endpoint);
    at.remote = await at.server.bucket(at.front.endpoint);
    at.store = at.storeWith({});
  });
  afterEach(async () => {
    at.store.close();
    await at.front.end();
  });
  return at;
}
