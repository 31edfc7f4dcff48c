import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createS3Store } from "../../src/adapters/s3/store.js";
import { createThrottle } from "../../src/adapters/s3/throttle.js";
import { silentLog } from "../../src/shared/log.js";
import type { ObjectStore } from "../../src/sync/ports.js";
import type { Remote } from "../../src/sync/root.js";
import { freePorts } from "../../src/adapters/temporal/ports.js";
import { missing } from "../support/components.js";
import { startFront } from "../support/s3/front.js";
import { S3_SERVERS } from "../support/s3/programs.js";
import { type S3Server, startS3Server } from "../support/s3/server.js";
import { all, bytesOf, MIB, rejects, sourceOf, textOf } from "./bodies.js";

const SECRET = "a-secret-that-nobody-knows";
const ID = "an-id-that-nobody-knows";

function storeAt(remote: Remote, env: Record<string, string | undefined>): ObjectStore {
  const throttle = createThrottle({ uploadLimit: null, downloadLimit: null, maxTransfers: 4 });
  return createS3Store({ remote, rootId: "notes", credentials: { env }, throttle, log: silentLog, timing: { firstMs: 2, maxMs: 10 } });
}

function total(store: ObjectStore): number {
  return Object.values(store.requests()).reduce((sum, count) => sum + count, 0);
}

for (const name of S3_SERVERS) {
  describe.skipIf(missing(name))(`credentials on ${name}`, () => {
    let server: S3Server;
    let remote: Remote;
    beforeAll(async () => {
      server = await startS3Server(name);
      remote = await server.bucket();
    });
    afterAll(() => server.end());

    const wrong: readonly (readonly [string, (server: S3Server) => Record<string, string>, RegExp])[] = [
      [
        "another secret",
        ({ env }) => ({ ...env, AURA_S3_SECRET_KEY: SECRET }),
        /the secret key is not that of the access key \(SignatureDoesNotMatch\); correct it$/,
      ],
      [
        "an unknown key",
        ({ env }) => ({ ...env, AURA_S3_ACCESS_KEY: ID }),
        /does not know the access key of the credentials from the environment \(\w+\); correct it$/,
      ],
    ];

    it.each(wrong)("that are wrong are told in one line after one request, two at most: %s", async (_, envOf, line) => {
      const requests: readonly (readonly [number, (store: ObjectStore) => Promise<unknown>])[] = [
        [0, (store) => all(store.list("devices/"))],
        [0, (store) => store.get("head")],
        [3, (store) => store.put("head", textOf("one"))],
        [9 * MIB, (store) => store.put("packs/aa/one", bytesOf(9 * MIB, 1))],
        [0, (store) => store.putParts("blobs/aa/one", sourceOf(bytesOf(17 * MIB, 1)), {})],
        [0, (store) => store.delete(["one", "two"])],
      ];
      for (const [size, request] of requests) {
        const store = storeAt(remote, envOf(server));
        const error = await rejects("denied", request(store));
        expect(error.message).toMatch(line);
        expect(error.message).toContain(server.endpoint);
        expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error.cause)).not.toMatch(/nobody-knows|aura-test/);
        // One more where the server closes the connection on a large body rather than tell why it does not want it.
        expect(total(store)).toBeLessThanOrEqual(size > MIB ? 2 : 1);
        store.close();
      }
    });

    it("that were wrong are read again once they are corrected", async () => {
      const env: Record<string, string> = { ...server.env, AURA_S3_SECRET_KEY: SECRET };
      const store = storeAt(remote, env);
      await rejects("denied", all(store.list("")));
      Object.assign(env, server.env);
      expect(await all(store.list(""))).toEqual([]);
      store.close();
    });

    it.each([-10, 10])("are believed from a machine whose clock is %i years off", async (years) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + years * 365 * 86_400_000 });
      const store = storeAt(remote, server.env);
      try {
        await store.put("head", textOf("one"));
        expect(store.requests()).toEqual({ PutObject: 2 });
        expect(await store.get("head")).toHaveLength(3);
        expect(store.requests()).toEqual({ PutObject: 2, GetObject: 1 });
      } finally {
        vi.useRealTimers();
        store.close();
      }
    });

    it("that are right do not make up for a bucket that is not there", async () => {
      const store = storeAt({ ...remote, bucket: "never-made" }, server.env);
      const error = await rejects("no_bucket", all(store.list("")));
      expect(error.message).toBe(`there is no bucket never-made at ${server.endpoint}; create it, or correct bucket in .aura/root.toml`);
      await rejects("no_bucket", store.put("head", textOf("one")));
      await rejects("no_bucket", store.get("head"));
      expect(total(store)).toBe(3);
      store.close();
    });
  });
}

describe("a store that cannot reach its server", () => {
  it("says that the connection is refused, and to what", async () => {
    const [port] = await freePorts(1);
    const endpoint = `http://127.0.0.1:${port}`;
    const store = storeAt({ bucket: "notes", endpoint, pathStyle: true }, { AURA_S3_ACCESS_KEY: ID, AURA_S3_SECRET_KEY: SECRET });
    const error = await rejects("offline", all(store.list("")));
    expect(error.message).toBe(
      `S3 at ${endpoint} does not answer: the connection is refused (ECONNREFUSED); check the network, and endpoint in .aura/root.toml`,
    );
    expect(total(store)).toBe(2);
    store.close();
  });

  it("says that there is no such host", async () => {
    const remote = { bucket: "notes", endpoint: "http://no-such-host.invalid:9", pathStyle: true };
    const store = storeAt(remote, { AURA_S3_ACCESS_KEY: ID, AURA_S3_SECRET_KEY: SECRET });
    const error = await rejects("offline", store.get("head"));
    expect(error.message).toMatch(/^S3 at http:\/\/no-such-host\.invalid:9 does not answer: .*; check the network, and endpoint/);
    store.close();
  });

  it.each([
    [
      "AccessDenied",
      403,
      "denied",
      /refuses GetObject of head with the credentials from the environment \(AccessDenied\); allow it for the bucket notes/,
    ],
    [
      "RequestTimeTooSkewed",
      403,
      "denied",
      /its clock and that of this machine are too far apart \(RequestTimeTooSkewed\); set the clock$/,
    ],
    ["ExpiredToken", 400, "denied", /they have expired \(ExpiredToken\); get new ones/],
    ["NotImplemented", 501, "unsupported", /does not know GetObject of head/],
    [
      "PermanentRedirect",
      301,
      "failed",
      /is in another region than was asked \(PermanentRedirect\); set region = "eu-west-3" in \.aura\/root\.toml/,
    ],
    ["XMinioStorageFull", 507, "failed", /has no space left/],
    ["InvalidBucketName", 400, "failed", /refuses GetObject of head: 400 InvalidBucketName: said the front; check endpoint/],
  ] as const)("makes one line of %s", async (code, status, kind, line) => {
    const front = await startFront();
    front.plan(() => ({ do: "answer", status, code, headers: { "x-amz-bucket-region": "eu-west-3" } }));
    const store = storeAt(
      { bucket: "notes", endpoint: front.endpoint, pathStyle: true },
      { AURA_S3_ACCESS_KEY: ID, AURA_S3_SECRET_KEY: SECRET },
    );
    expect((await rejects(kind, store.get("head"))).message).toMatch(line);
    expect(front.seen).toHaveLength(1);
    store.close();
    await front.end();
  });

  it("takes out of a line what a server should not have said", async () => {
    const front = await startFront();
    const body = `<Error><Code>Odd</Code><Message>${SECRET} of ${ID} is odd\nand more</Message></Error>`;
    front.plan(() => ({ do: "answer", status: 400, body }));
    const endpoint = front.endpoint.replace("//", `//user:${SECRET}@`);
    const store = storeAt({ bucket: "notes", endpoint, pathStyle: true }, { AURA_S3_ACCESS_KEY: ID, AURA_S3_SECRET_KEY: SECRET });
    const error = await rejects("failed", store.get("head"));
    expect(error.message).toContain("400 Odd: [redacted] of [redacted] is odd");
    expect(error.message + String(error.cause)).not.toMatch(/nobody-knows/);
    store.close();
    await front.end();
  });

  it("says that something else than S3 answers", async () => {
    const front = await startFront();
    front.plan(() => ({ do: "answer", status: 200, body: "<html><body>Welcome</body>" }));
    const remote = { bucket: "notes", endpoint: front.endpoint, pathStyle: true };
    const store = storeAt(remote, { AURA_S3_ACCESS_KEY: ID, AURA_S3_SECRET_KEY: SECRET });
    await rejects("failed", all(store.list("")));
    store.close();
    const secure = storeAt(
      { ...remote, endpoint: front.endpoint.replace("http:", "https:") },
      { AURA_S3_ACCESS_KEY: ID, AURA_S3_SECRET_KEY: SECRET },
    );
    expect((await rejects("failed", secure.get("head"))).message).toMatch(/check http or https, and the port/);
    secure.close();
    await front.end();
  });

  it("takes the credentials that the AWS SDK finds, and says where to set some when there are none", async () => {
    const home = mkdtempSync(join(tmpdir(), "aura-s3-"));
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(home, "credentials"));
    vi.stubEnv("AWS_CONFIG_FILE", join(home, "config"));
    vi.stubEnv("AWS_ACCESS_KEY_ID", "id-for-the-sdk");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret-for-the-sdk");
    const front = await startFront();
    front.plan(() => ({ do: "answer", status: 404, code: "NoSuchKey" }));
    const remote = { bucket: "notes", endpoint: front.endpoint, pathStyle: true };
    const store = storeAt(remote, {});
    await rejects("not_found", store.get("head"));
    expect(front.seen[0]!.headers.authorization).toContain("Credential=id-for-the-sdk/");
    store.close();

    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    const without = storeAt(remote, {});
    const error = await rejects("denied", without.get("head"));
    expect(error.message).toBe(
      `there are no credentials for S3 at ${front.endpoint}: none in the AWS SDK's own places (no AURA_S3_ACCESS_KEY in the environment); set AURA_S3_ACCESS_KEY and AURA_S3_SECRET_KEY, or write both to the env file (mode 0600)`,
    );
    expect(front.seen).toHaveLength(1);
    without.close();
    vi.unstubAllEnvs();
    await front.end();
    rmSync(home, { recursive: true, force: true });
  });
});
