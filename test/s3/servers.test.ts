import { describe } from "vitest";
import { createS3Store } from "../../src/adapters/s3/store.js";
import { createThrottle } from "../../src/adapters/s3/throttle.js";
import { silentLog } from "../../src/shared/log.js";
import type { Remote } from "../../src/sync/root.js";
import { missing } from "../support/components.js";
import { S3_SERVERS } from "../support/s3/programs.js";
import { type S3Server, startS3Server } from "../support/s3/server.js";
import { conforms } from "./conformance.js";

for (const name of S3_SERVERS) {
  describe.skipIf(missing(name))(`the store on ${name}`, { timeout: 120_000 }, () => {
    const throttle = createThrottle({ uploadLimit: null, downloadLimit: null, maxTransfers: 8 });
    let server: S3Server;
    let remote: Remote;
    conforms({
      name,
      listsUploads: name !== "minio",
      store: (rootId) => createS3Store({ remote, rootId, credentials: { env: server.env }, throttle, log: silentLog }),
      async open() {
        server = await startS3Server(name);
        remote = await server.bucket();
      },
      close: () => server.end(),
    });
  });
}
