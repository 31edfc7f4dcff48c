import { randomBytes } from "node:crypto";
import { renameSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TickProgress } from "../../src/sync/tick.js";
import { type Device, Rig, write } from "./rig.js";

const MIB = 1 << 20;

let rig: Rig;
let a: Device;
let b: Device;

beforeEach(() => {
  // Told a few times a second: here every step takes long enough for that.
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 150));
  rig = new Rig();
  [a, b] = ["a", "b"].map((name) => rig.device(name, { minPartSize: 5 * MIB, limits: { maxTransfers: 1 } })) as [Device, Device];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rig.remove();
});

/** What a tick tells of one stage. Sums only grow, and never beyond their total. */
async function told(device: Device, stage: TickProgress["stage"]): Promise<TickProgress[]> {
  const all: TickProgress[] = [];
  const outcome = await device.engine.tick({ trigger: "manual" }, (progress) => void (progress.stage === stage && all.push(progress)));
  expect(outcome).toMatchObject({ kind: "ok", report: { in_sync: true } });
  for (const [i, { files, bytes, filesTotal, bytesTotal }] of all.entries()) {
    expect(files).toBeLessThanOrEqual(filesTotal);
    expect(bytes).toBeLessThanOrEqual(bytesTotal);
    expect(files).toBeGreaterThanOrEqual(all[i - 1]?.files ?? 0);
    expect(bytes).toBeGreaterThanOrEqual(all[i - 1]?.bytes ?? 0);
  }
  return all;
}

function large(device: Device, name: string): void {
  writeFileSync(device.path(name), randomBytes(22 * MIB));
}

describe("how far an upload is", () => {
  it("is told up to the whole of the tick, with files that are there already and copies of each other", async () => {
    write(a, { known: "is in the bucket" });
    utimesSync(a.path("known"), 1000, 1000);
    await a.tick();
    write(a, { again: "is in the bucket", x: "the same", y: "the same", z: "another", empty: "" });
    const all = await told(a, "upload");
    expect(all[0]).toMatchObject({ filesTotal: 5, bytesTotal: 16 + 8 + 8 + 7 });
    expect(all[0]!.files).toBeLessThan(5);
    expect(all.at(-1)).toMatchObject({ files: 5, bytes: 39, filesTotal: 5, bytesTotal: 39 });
  });

  it("is told while a large file is under way", async () => {
    large(a, "one");
    large(a, "two");
    write(a, { small: "s" });
    const all = await told(a, "upload");
    expect(all.filter(({ files }) => files < 3).some(({ bytes }) => bytes > 22 * MIB && bytes < 44 * MIB)).toBe(true);
    expect(all.at(-1)).toMatchObject({ files: 3, filesTotal: 3, bytes: 44 * MIB + 1, bytesTotal: 44 * MIB + 1 });
  });

  it("is not told where nothing is uploaded", async () => {
    write(a, { x: "1" });
    await a.tick();
    renameSync(a.path("x"), a.path("y"));
    await a.tick();
    expect(await told(a, "upload")).toEqual([]);
  });
});

describe("how far a download is", () => {
  it("is told up to the whole of the tick, over all requests", async () => {
    write(a, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`dir${i % 3}/file ${i}`, `content ${i}`])));
    write(a, { empty: "" });
    large(a, "large");
    await a.tick();
    const all = await told(b, "download");
    const bytes = 22 * MIB + 300 * "content ".length + 10 + 180 + 600;
    expect(all[0]).toMatchObject({ filesTotal: 301 + 1, bytesTotal: bytes });
    expect(all.at(-1)).toMatchObject({ files: 302, filesTotal: 302, bytes, bytesTotal: bytes });
    expect(all.some((one) => one.bytes > MIB && one.bytes < 22 * MIB)).toBe(true);
  });

  it("counts a file that cannot be had, so that the end is reached", async () => {
    write(a, { x: "1", y: "22" });
    await a.tick();
    for (const key of rig.keys("packs/")) rig.bucket.objects.delete(`roots/photos/${key}`);
    const all: TickProgress[] = [];
    await b.engine.tick({ trigger: "manual" }, (progress) => void (progress.stage === "download" && all.push(progress)));
    expect(all.at(-1)).toMatchObject({ files: 2, filesTotal: 2, bytes: 3, bytesTotal: 3 });
  });
});

it("applying counts what was done of the plan, and never more than that", async () => {
  write(a, { x: "1", "dir/y": "2" });
  await rig.settle();
  write(a, { x: "of a", "dir/z": "3" });
  write(b, { x: "of b" });
  await a.tick();
  const all = await told(b, "apply");
  expect(all.at(-1)!.files).toBe(all.at(-1)!.filesTotal);
});
