import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createS3Store } from "../../src/adapters/s3/store.js";
import { createThrottle } from "../../src/adapters/s3/throttle.js";
import { silentLog } from "../../src/shared/log.js";
import { startFront } from "../support/s3/front.js";
import { rejects } from "./bodies.js";

const KEYS = { AURA_S3_ACCESS_KEY: "a-key", AURA_S3_SECRET_KEY: "a-secret" };

it("loads the SDK with the first request only", () => {
  const folder = fileURLToPath(new URL("../../src/adapters/s3/", import.meta.url));
  const imports = readdirSync(folder).flatMap((name) => readFileSync(folder + name, "utf8").match(/^import .*@aws-sdk.*$/gm) ?? []);
  expect(imports.length).toBeGreaterThan(0);
  for (const line of imports) expect(line).toMatch(/^import type /);
});

it("says nothing on stderr, however many requests one signal may end", async () => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", onWarning);
  const front = await startFront();
  front.plan(() => ({ do: "answer", status: 404, code: "NoSuchKey" }));
  const store = createS3Store({
    remote: { bucket: "notes", endpoint: front.endpoint, pathStyle: true },
    rootId: "notes",
    credentials: { env: KEYS },
    throttle: createThrottle({ uploadLimit: null, downloadLimit: null, maxTransfers: 4 }),
    log: silentLog,
    signal: new AbortController().signal,
  });
  const { signal } = new AbortController();
  const range = { offset: 0, length: 1 };
  await Promise.all(Array.from({ length: 50 }, (_, i) => rejects("not_found", store.get(`blobs/${i}`, range, signal))));
  await new Promise(setImmediate);
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
  store.close();
  await front.end();
});

it("asks for the bucket in the path or in the name of the host, in the root's region", async () => {
  const front = await startFront();
  front.plan(() => ({ do: "answer", status: 404, code: "NoSuchKey" }));
  const throttle = createThrottle({ uploadLimit: null, downloadLimit: null, maxTransfers: 4 });
  const store = createS3Store({
    remote: { bucket: "notes", endpoint: front.endpoint, pathStyle: true, region: "eu-west-3" },
    rootId: "work",
    credentials: { env: KEYS },
    throttle,
    log: silentLog,
  });
  await rejects("not_found", store.get("devices/a/head.json"));
  expect(front.seen[0]).toMatchObject({ url: "/notes/roots/work/devices/a/head.json?x-id=GetObject" });
  expect(front.seen[0]!.headers.authorization).toContain("/eu-west-3/s3/aws4_request");
  store.close();
  const hosted = createS3Store({
    remote: { bucket: "notes", endpoint: front.endpoint.replace("127.0.0.1", "localhost"), pathStyle: false },
    rootId: "work",
    credentials: { env: KEYS },
    throttle,
    log: silentLog,
    timing: { firstMs: 1 },
  });
  // Some systems look up names below localhost, some do not.
  await hosted.get("head").catch((error: Error) => expect(error.message).toMatch(/no head|does not answer/));
  if (front.seen.length > 1) expect(front.seen[1]).toMatchObject({ url: "/roots/work/head?x-id=GetObject" });
  hosted.close();
  await front.end();
});
