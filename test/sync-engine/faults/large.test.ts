import { createHash } from "node:crypto";
import { closeSync, createReadStream, ftruncateSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partSizeOf } from "../../../src/adapters/s3/part-size.js";
import { missing } from "../../support/components.js";
import { type S3Server, startS3Server } from "../../support/s3/server.js";
import { Machine, processHome, type Run } from "../processes.js";

/** `AURA_TEST_LARGE=1`: one file of 2 GB, and 100,000 files. */
const LARGE = process.env["AURA_TEST_LARGE"] === "1";
const MIB = 1 << 20;
const FILE_BYTES = LARGE ? 2000 * MIB : 72 * MIB;
const FILES = LARGE ? 100_000 : 5000;

describe.skipIf(missing("versitygw"))("two processes and a real server", { timeout: LARGE ? 1_800_000 : 120_000 }, () => {
  let server: S3Server;
  let place: Awaited<ReturnType<typeof processHome>>;

  beforeAll(async () => {
    place = await processHome();
    server = await startS3Server("versitygw");
  }, 300_000);
  afterAll(async () => {
    await server.end();
    place.remove();
  });

  async function pair(root: string): Promise<[Machine, Machine]> {
    const remote = await server.bucket();
    return ["one", "two"].map((name) => new Machine(place.home, `${root}-${name}`, remote, place.engines, server.env)) as [
      Machine,
      Machine,
    ];
  }

  it(`bring a file of ${FILE_BYTES / MIB} MiB over, going on where each was killed`, async () => {
    const [one, two] = await pair("file");
    sparse(one.path("file"));
    await killMidway(one, "upload", 5000);
    const up = await done(one);
    tell("upload", up);
    expect(up.outcome.report.requests["CreateMultipartUpload"]).toBeUndefined();
    // What was sent before the kill is not sent again.
    expect(up.outcome.report.requests["UploadPart"]).toBeLessThan(FILE_BYTES / partSizeOf(FILE_BYTES));
    await killMidway(two, "download", 1000);
    const down = await done(two);
    tell("download", down);
    expect(down.outcome.report).toMatchObject({ in_sync: true, downloaded: { files: 1, bytes: FILE_BYTES } });
    expect(await hashOf(two.path("file"))).toBe(await hashOf(one.path("file")));
    for (const machine of [one, two]) rmSync(machine.root, { recursive: true });
  });

  it(`bring ${FILES} files over in few requests, and then look at them without reading one`, async () => {
    const [one, two] = await pair("files");
    for (let i = 0; i < FILES; i++) {
      if (i % 100 === 0) mkdirSync(one.path(`dir ${i / 100}`));
      writeFileSync(one.path(`dir ${Math.floor(i / 100)}`, `file ${i}`), `content of ${i} `.repeat(1 + (i % 40)));
    }
    const up = await done(one);
    tell(`upload of ${FILES}`, up);
    expect(up.outcome.report).toMatchObject({ in_sync: true, uploaded: { files: FILES } });
    expect(up.outcome.report.requests["PutObject"]).toBeLessThan(10 + FILES / 400);
    const unchanged = await done(one);
    tell("unchanged", unchanged);
    expect(unchanged.outcome.report.requests).toEqual({ ListObjectsV2: 1 });
    await two.run({ stage: "download", ms: 200 });
    const down = await done(two);
    tell("download", down);
    expect(down.outcome.report.in_sync).toBe(true);
    writeFileSync(two.path("dir 7", "file 777"), "edited");
    const edited = await done(two);
    tell("one edited", edited);
    expect(edited.outcome.report).toMatchObject({ in_sync: true, uploaded: { files: 1, bytes: 6 } });
    expect((await done(one)).outcome.report).toMatchObject({ in_sync: true, downloaded: { files: 1 } });
    tell("settled", await done(two));
  });
});

type Done = Run & { readonly outcome: Extract<NonNullable<Run["outcome"]>, { kind: "ok" }> };

async function done(machine: Machine): Promise<Done> {
  const run = await machine.run();
  expect(run.outcome).toMatchObject({ kind: "ok" });
  return run as Done;
}

/** In the middle of a stage, at a rate with which all of it takes eight seconds. */
async function killMidway(machine: Machine, stage: "upload" | "download", ms: number): Promise<void> {
  const { killed } = await machine.run({ stage, ms, limit: FILE_BYTES / 8 });
  expect(killed).toBe(true);
}

function tell(what: string, { ms, outcome }: Done): void {
  const { duration_ms, requests, uploaded, downloaded } = outcome.report;
  process.stderr.write(
    `${what}: ${Math.round(ms)} ms, last tick ${duration_ms} ms, ${JSON.stringify({ requests, uploaded, downloaded })}\n`,
  );
}

/** No two of its MiB are alike, and it takes little room. */
function sparse(path: string): void {
  const file = openSync(path, "w");
  ftruncateSync(file, FILE_BYTES);
  for (let at = 0; at < FILE_BYTES; at += MIB) writeSync(file, `block ${at}`, at);
  closeSync(file);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
