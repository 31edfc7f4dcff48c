import { createHash } from "node:crypto";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cutAfter } from "../../src/adapters/s3/faults.js";
import { type Device, Rig, write } from "./rig.js";

const MIB = 1 << 20;
const DAY = 86_400_000;

let rig: Rig;
let a: Device;
let b: Device;
/** What the clocks of both devices say. */
let now: number;

beforeEach(() => {
  now = Date.parse("2026-11-21T12:00:00Z");
  rig = new Rig();
  const options = { now: () => (now += 1000), minPartSize: 6 * MIB };
  [a, b] = [rig.device("a", options), rig.device("b", options)];
});
afterEach(() => rig.remove());

describe("sync log", () => {
  it("lists what was told, newest first", async () => {
    for (const content of ["1", "2", "3"]) {
      write(a, { x: content });
      await a.tick();
    }
    write(b, { y: "of b" });
    await b.tick();
    const log = await a.engine.log(3);
    expect(log.map(({ device, seq }) => [device, seq])).toEqual([
      ["b", 1],
      ["a", 3],
      ["a", 2],
    ]);
    expect(log[0]!.id).toMatch(/^20261121T\d{9}Z-b-0000000001-[0-9a-f]{16}$/);
    expect(log[0]!.timeMs).toBeGreaterThan(log[1]!.timeMs);
  });
});

describe("sync restore", () => {
  const old = { "dir/x": "old x", "dir/sub/y": "old y", "dir/same": "same", other: "other" };

  async function change(): Promise<string> {
    write(a, old);
    await rig.settle();
    const { id } = (await a.engine.log(100)).findLast(({ device }) => device === "a")!;
    now += DAY;
    write(b, { "dir/x": "new x", "dir/new": "new" });
    rmSync(b.path("dir/sub"), { recursive: true });
    await rig.settle();
    return id;
  }

  it("puts a folder back as it was in a manifest; what was there goes to the trash, what is new stays", async () => {
    const id = await change();
    const report = await a.engine.restore("dir/", { manifest: id.slice(0, 25) });
    expect(report).toEqual({ manifest: id, restored: ["dir/sub", "dir/sub/y", "dir/x"], unchanged: 2 });
    expect(a.tree).toMatchObject({ ...old, "dir/new": "new" });
    expect(a.trash).toContain("new x");
    await a.tick();
    await b.tick();
    expect(b.tree).toEqual(a.tree);
  });

  it("puts a file back as it was at a time, whichever device made it", async () => {
    await change();
    const report = await b.engine.restore("dir/x", { timeMs: now - DAY / 2 });
    expect(report).toMatchObject({ restored: ["dir/x"], unchanged: 0 });
    expect(b.tree["dir/x"]).toBe("old x");
    await b.tick();
    await a.tick();
    expect(a.tree["dir/x"]).toBe("old x");
  });

  it("refuses what there is not, with what to do", async () => {
    const id = await change();
    const refused = async (path: string, at: Parameters<Device["engine"]["restore"]>[1]): Promise<unknown> =>
      a.engine.restore(path, at).catch((error: unknown) => error);
    expect(await refused("nothing", { manifest: id })).toMatchObject({ code: "not_found" });
    expect(await refused("dir", { manifest: "2099" })).toMatchObject({ code: "not_found" });
    expect(await refused("dir", { manifest: "2026" })).toMatchObject({ code: "usage" });
    expect(await refused("dir", { timeMs: 0 })).toMatchObject({ code: "not_found" });
    expect(await refused("../etc", { manifest: id })).toMatchObject({ code: "usage" });
    expect(await refused("/etc", { manifest: id })).toMatchObject({ code: "usage" });
  });

  it("says so when the content is gone, and restores the rest", async () => {
    write(a, { keep: "k".repeat(MIB), lost: "l".repeat(MIB) });
    await a.tick();
    const { id } = (await a.engine.log(1))[0]!;
    write(a, { keep: "1", lost: "2" });
    await a.tick();
    rig.bucket.objects.delete(`roots/photos/${blob("l".repeat(MIB))}`);
    await expect(a.engine.restore(".", { manifest: id })).rejects.toMatchObject({
      code: "sync_failed",
      message: expect.stringMatching(/1 restored, 1 not: lost/),
    });
    expect(a.tree["keep"]).toBe("k".repeat(MIB));
  });
});

describe("sync gc", () => {
  const options = { apply: true, windowMs: 0, historyMs: 0 };

  it("deletes what nothing needs any more, and nothing else", async () => {
    write(a, { x: "x".repeat(MIB), y: "y".repeat(MIB), small: "small" });
    await rig.settle();
    write(a, { x: "changed" });
    // Long ago: nobody has to read it once more, and the devices come to rest at once.
    utimesSync(a.path("x"), 1e9, 1e9);
    rmSync(b.path("y"));
    await rig.settle();
    const listed = await a.engine.gc({ ...options, apply: false });
    expect(listed.deleted).toBe(false);
    expect(listed.objects.map(({ key }) => key)).toEqual(expect.arrayContaining([blob("x".repeat(MIB)), blob("y".repeat(MIB))]));
    expect(listed.bytes).toBeGreaterThan(2 * MIB);
    expect(rig.keys("blobs/")).toHaveLength(2);
    expect(await a.engine.gc(options)).toEqual({ ...listed, deleted: true });
    expect(rig.keys("blobs/")).toEqual([]);
    expect(await a.engine.gc(options)).toMatchObject({ objects: [], bytes: 0 });
    const c = rig.device("c");
    await c.tick();
    expect(c.tree).toEqual({ small: "small", x: "changed" });
    expect(await c.engine.verify({ repair: false })).toMatchObject({ bad: [] });
  });

  it("keeps what a manifest of the history window names, and what is younger than the safety window", async () => {
    write(a, { x: "x".repeat(MIB) });
    await a.tick();
    rmSync(a.path("x"));
    await a.tick();
    expect(await a.engine.gc({ ...options, historyMs: DAY })).toMatchObject({ objects: [] });
    expect(await a.engine.gc({ ...options, windowMs: DAY })).toMatchObject({ objects: [] });
    expect((await a.engine.gc(options)).objects.map(({ key }) => key)).toContain(blob("x".repeat(MIB)));
  });

  it("keeps what this device has uploaded and is about to tell", async () => {
    write(a, { x: "x".repeat(MIB), small: "small" });
    expect(await a.tickAndKill((step) => step.startsWith("before put manifests/"))).toBe(true);
    expect(await a.engine.gc(options)).toMatchObject({ objects: [] });
    expect(await a.tick()).toMatchObject({ uploaded: { files: 0 } });
    await b.tick();
    expect(b.tree).toEqual(a.tree);
  });

  it("aborts uploads that nobody goes on with", async () => {
    writeFileSync(a.path("large"), Buffer.alloc(20 * MIB));
    a.faults = { plan: cutAfter(3) };
    await a.engine.tick({ trigger: "manual" });
    await a.close();
    a.faults = {};
    expect(await a.engine.gc(options)).toMatchObject({ uploads: 0 });
    await a.close();
    rmSync(a.stateFile);
    expect(await b.engine.gc(options)).toMatchObject({ uploads: 1 });
    expect(rig.bucket.uploads.size).toBe(0);
  });

  it("deletes nothing when a manifest that decides cannot be read", async () => {
    write(a, { x: "x".repeat(MIB) });
    await rig.settle();
    const { manifest } = JSON.parse(rig.text("devices/a/head.json")) as { manifest: string };
    rig.bucket.put(`roots/photos/${manifest}`, Buffer.from("damaged"), undefined, {});
    const before = rig.keys();
    await expect(b.engine.gc(options)).rejects.toMatchObject({ code: "sync_failed" });
    expect(rig.keys()).toEqual(before);
  });
});

describe("sync verify", () => {
  it("reads everything back and finds it well", async () => {
    write(a, { x: "x", y: "y".repeat(MIB), "dir/z": "z" });
    writeFileSync(a.path("large"), Buffer.alloc(18 * MIB, "large "));
    await a.tick();
    const seen: number[] = [];
    const report = await a.engine.verify({ repair: false, onProgress: ({ files }) => seen.push(files) });
    expect(report).toEqual({ objects: 4, bytes: 2 + 19 * MIB, bad: [] });
    expect(seen.at(-1)).toBe(4);
  });

  it("names what is missing or damaged, and repairs what this device still has", async () => {
    write(a, { x: "x", y: "y".repeat(MIB), here: "h".repeat(MIB), nowhere: "n".repeat(MIB) });
    await rig.settle();
    const damage = (key: string): void => rig.bucket.put(`roots/photos/${key}`, Buffer.from("wrong"), undefined, {}) as unknown as void;
    for (const key of rig.keys("packs/")) damage(key);
    damage(blob("y".repeat(MIB)));
    rig.bucket.objects.delete(`roots/photos/${blob("h".repeat(MIB))}`);
    rig.bucket.objects.delete(`roots/photos/${blob("n".repeat(MIB))}`);
    rmSync(a.path("nowhere"));
    rmSync(b.path("nowhere"));
    const paths = ["here", "nowhere", "x", "y"];
    const found = await a.engine.verify({ repair: false });
    expect(found.bad.map(({ path, repaired }) => [path, repaired])).toEqual(paths.map((path) => [path, false]));
    const repaired = await a.engine.verify({ repair: true });
    expect(repaired.bad.map(({ path, repaired: done }) => [path, done])).toEqual(paths.map((path) => [path, path !== "nowhere"]));
    expect((await a.engine.verify({ repair: false })).bad.map(({ path }) => path)).toEqual(["nowhere"]);
    const c = rig.device("c");
    const report = await c.tick();
    expect(c.tree).toMatchObject({ x: "x", y: "y".repeat(MIB), here: "h".repeat(MIB) });
    expect(report.problems.map(({ path }) => path)).toEqual(["nowhere"]);
  });

  it("writes a damaged manifest of this device anew", async () => {
    write(a, { x: "x" });
    await a.tick();
    const { manifest } = JSON.parse(rig.text("devices/a/head.json")) as { manifest: string };
    rig.bucket.put(`roots/photos/${manifest}`, Buffer.from("damaged"), undefined, {});
    expect(await a.engine.verify({ repair: true })).toMatchObject({ bad: [{ repaired: true }] });
    await b.tick();
    expect(b.tree).toEqual({ x: "x" });
  });
});

it("empties the trash of what is old, once in a while", async () => {
  const calls: unknown[] = [];
  a.around = (folder) =>
    new Proxy(folder, {
      get(target, name): unknown {
        if (name === "emptyTrash") return (...args: unknown[]) => calls.push(args);
        const own: unknown = Reflect.get(target, name);
        return typeof own === "function" ? (own as (...args: unknown[]) => unknown).bind(target) : own;
      },
    });
  await a.tick({ dryRun: true });
  expect(calls).toEqual([]);
  await a.tick();
  await a.tick();
  expect(calls).toEqual([[30, expect.any(Number)]]);
});

function blob(content: string): string {
  const hash = createHash("sha256").update(content).digest("hex");
  return `blobs/${hash.slice(0, 2)}/${hash}`;
}
