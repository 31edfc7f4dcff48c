import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutAfter } from "../../src/adapters/s3/faults.js";
import { type Device, Rig, write } from "./rig.js";

const MIB = 1 << 20;
const PART = 6 * MIB;

let rig: Rig;
let a: Device;

beforeEach(() => {
  rig = new Rig();
  a = rig.device("a", { minPartSize: PART });
});
afterEach(() => rig.remove());

/** A file of 20 MiB: more than is sent in one piece. */
function large(name: string): Buffer {
  const bytes = randomBytes(20 * MIB);
  writeFileSync(a.path(name), bytes);
  return bytes;
}

function requests(report: { requests: Readonly<Record<string, number>> }): Readonly<Record<string, number>> {
  return report.requests;
}

describe("an upload", () => {
  it("puts many small files into one pack, and the same content there once", async () => {
    write(a, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`dir${i % 7}/file ${i}`, `content ${i % 100}`])));
    const report = await a.tick();
    expect(requests(report)).toEqual({ ListObjectsV2: 1, PutObject: 3 });
    expect(report.uploaded.files).toBe(100);
    const [pack] = rig.keys("packs/");
    const body = rig.bucket.find(`roots/photos/${pack}`).body;
    expect(body.length).toBe(100 * "content 1".length + 90);
    expect(pack).toBe(`packs/${sha(body).slice(0, 2)}/${sha(body)}`);
  });

  it("sends files of 1 MiB and more by themselves", async () => {
    writeFileSync(a.path("medium"), Buffer.alloc(MIB, "m"));
    const bytes = large("large");
    await a.tick();
    const keys = rig.keys("blobs/");
    expect(keys.toSorted()).toEqual(
      [sha(Buffer.alloc(MIB, "m")), sha(bytes)].map((hash) => `blobs/${hash.slice(0, 2)}/${hash}`).toSorted(),
    );
    const b = rig.device("b");
    await b.tick();
    expect(readFileSync(b.path("large")).equals(bytes)).toBe(true);
  });

  it("costs three requests for one changed file, and kilobytes among many", async () => {
    write(a, Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`dir${i % 20}/file ${i}`, `content ${i}`])));
    await a.tick();
    // What was written right before it was read is read once more, wherever the next tick looks.
    await a.tick();
    write(a, { "dir7/file 7": "changed" });
    const before = rig.keys();
    const report = await a.tick({ trigger: "watcher", folders: ["dir7"] });
    expect(requests(report)).toEqual({ ListObjectsV2: 1, PutObject: 3 });
    expect(report.scanned).toBeLessThan(150);
    const added = rig.keys().filter((key) => !before.includes(key));
    const bytes = added.map((key) => rig.bucket.find(`roots/photos/${key}`).body.length).reduce((sum, size) => sum + size, 0);
    expect(bytes).toBeLessThan(2000);
    expect(rig.newestManifest(a).bases).toHaveLength(1);
  });

  it("builds on few manifests, however often something changes", async () => {
    const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`file ${i}`, `content ${i}`]));
    write(a, files);
    await a.tick();
    for (let i = 0; i < 60; i++) {
      write(a, { [`file ${i}`]: `changed ${i}` });
      await a.tick();
    }
    expect(rig.newestManifest(a).bases.length).toBeLessThan(8);
    const b = rig.device("b");
    await b.tick();
    expect(b.tree).toEqual(a.tree);
  });

  it("sends no content that a device has told already, under whatever name and by whomever", async () => {
    write(a, { x: "the same bytes" });
    await a.tick();
    const b = rig.device("b");
    write(b, { "other/name": "the same bytes", copy: "the same bytes" });
    expect(await b.tick()).toMatchObject({ uploaded: { files: 0 }, downloaded: { files: 0 }, in_sync: true });
    expect(rig.keys("packs/")).toHaveLength(1);
  });

  it("of a large file is one request up to a size, read as it is sent", async () => {
    a = rig.device("laptop", { partsAbove: 64 * MIB });
    const bytes = large("large");
    expect(requests(await a.tick())).toEqual({ ListObjectsV2: 1, PutObject: 3 });
    expect(sha(rig.bucket.find(`roots/photos/blobs/${sha(bytes).slice(0, 2)}/${sha(bytes)}`).body)).toBe(sha(bytes));
  });

  it("in one request leaves a file that changes meanwhile to the next tick", async () => {
    a = rig.device("laptop", { partsAbove: 64 * MIB });
    large("large");
    write(a, { other: "other" });
    a.faults = {
      onRequest: ({ operation, key }) => void (operation === "put" && key.startsWith("blobs/") && appendFileSync(a.path("large"), "more")),
    };
    expect(await a.tick()).toMatchObject({ in_sync: false, problems: [], uploaded: { files: 1 } });
    expect(rig.keys("blobs/")).toEqual([]);
    await a.close();
    a.faults = {};
    expect(await a.tick({ folders: ["elsewhere"] })).toMatchObject({ in_sync: true, uploaded: { files: 1 } });
    expect(rig.keys("blobs/")).toHaveLength(1);
  });

  it("in one request that was cut off goes up in parts from then on", async () => {
    a = rig.device("laptop", { partsAbove: 64 * MIB, minPartSize: PART });
    const bytes = large("large");
    a.faults = { plan: ({ operation, key }) => (operation === "put" && key.startsWith("blobs/") ? "lost" : null) };
    expect(await a.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "offline" });
    expect(requests(await a.tick())).toMatchObject({ UploadPart: 4, CompleteMultipartUpload: 1 });
    expect(sha(rig.bucket.find(`roots/photos/blobs/${sha(bytes).slice(0, 2)}/${sha(bytes)}`).body)).toBe(sha(bytes));
  });

  it("of a large file goes on where it was cut off", async () => {
    a = rig.device("slow", { minPartSize: PART, limits: { maxTransfers: 1 } });
    const bytes = large("large");
    a.faults = { plan: cutAfter(4) };
    expect(await a.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "offline" });
    await a.close();
    a.faults = {};
    expect(rig.bucket.uploads.size).toBe(1);
    const sent = [...rig.bucket.uploads.values()][0]!.parts.size;
    expect(sent).toBeGreaterThan(0);
    const report = await a.tick();
    expect(report.requests).toMatchObject({ UploadPart: 4 - sent, CompleteMultipartUpload: 1 });
    expect(report.requests["CreateMultipartUpload"]).toBeUndefined();
    expect(rig.bucket.find(`roots/photos/blobs/${sha(bytes).slice(0, 2)}/${sha(bytes)}`).body.length).toBe(bytes.length);
    expect(rig.bucket.uploads.size).toBe(0);
  });

  it("of a large file goes on after a kill at any request", async () => {
    const bytes = large("large");
    let kills = 0;
    while (await a.tickAndKill(kills)) kills++;
    expect(kills).toBeGreaterThan(8);
    expect(rig.bucket.uploads.size).toBeLessThanOrEqual(1);
    expect(sha(rig.bucket.find(`roots/photos/blobs/${sha(bytes).slice(0, 2)}/${sha(bytes)}`).body)).toBe(sha(bytes));
  });

  it("that was begun for a file which is another now is aborted", async () => {
    large("large");
    a.faults = { plan: cutAfter(3) };
    await a.engine.tick({ trigger: "manual" });
    await a.close();
    a.faults = {};
    expect(rig.bucket.uploads.size).toBe(1);
    rmSync(a.path("large"));
    write(a, { large: "small now" });
    expect(await a.tick()).toMatchObject({ requests: { AbortMultipartUpload: 1 }, in_sync: true });
    expect(rig.bucket.uploads.size).toBe(0);
  });

  it("leaves a file that changes while it is sent to the next tick", async () => {
    large("large");
    write(a, { other: "other" });
    a.faults = { onRequest: ({ operation }) => void (operation === "part" && appendFileSync(a.path("large"), "more")) };
    const report = await a.tick();
    expect(report).toMatchObject({ in_sync: false, problems: [], uploaded: { files: 1 } });
    expect(rig.keys("blobs/")).toEqual([]);
    expect(rig.bucket.uploads.size).toBe(0);
    await a.close();
    a.faults = {};
    expect(await a.tick({ folders: ["elsewhere"] })).toMatchObject({ in_sync: true, uploaded: { files: 1 } });
    expect(rig.keys("blobs/")).toEqual([`blobs/${sha(readFileSync(a.path("large"))).slice(0, 2)}/${sha(readFileSync(a.path("large")))}`]);
  });

  it("sees a change that leaves size and time as they were", async () => {
    write(a, { x: "one" });
    await a.tick();
    await a.tick();
    const { atimeMs, mtimeMs } = statSync(a.path("x"));
    write(a, { x: "two" });
    utimesSync(a.path("x"), atimeMs / 1000, mtimeMs / 1000);
    expect(await a.tick()).toMatchObject({ uploaded: { files: 1 } });
  });

  it("sees a change within the grain of the file system's clock", async () => {
    const b = rig.device("b");
    for (let i = 0; i < 20; i++) {
      write(a, { x: `content ${String(i).padStart(3)} 1` });
      await a.tick();
      write(a, { x: `content ${String(i).padStart(3)} 2` });
      await a.tick({ folders: [] });
      await a.tick({ folders: ["nowhere"] });
      await b.tick();
      expect(b.tree["x"]).toBe(a.tree["x"]);
    }
  });
});

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
