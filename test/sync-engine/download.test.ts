import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { groupsOf } from "../../src/adapters/sync/download.js";
import { AuraError } from "../../src/shared/errors.js";
import type { RootFolder, TempFile } from "../../src/sync/ports.js";
import { type Device, Rig, write } from "./rig.js";

const MIB = 1 << 20;

let rig: Rig;
let a: Device;
let b: Device;

beforeEach(() => {
  rig = new Rig();
  [a, b] = [rig.device("a"), rig.device("b")];
});
afterEach(() => rig.remove());

describe("a download", () => {
  it("brings neighbours of a pack with one request", async () => {
    write(a, Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`dir${i % 5}/file ${i}`, `content ${i}`])));
    await a.tick();
    expect(await b.tick()).toMatchObject({ downloaded: { files: 200 }, requests: { GetObject: 3 } });
    expect(b.tree).toEqual(a.tree);
  });

  it("gives files the time they have", async () => {
    write(a, { x: "1" });
    await rig.settle();
    expect(Math.floor(lstatSync(b.path("x")).mtimeMs)).toBe(Math.floor(lstatSync(a.path("x")).mtimeMs));
  });

  it("of a content that is here under another name makes no request", async () => {
    write(a, { x: "the same" });
    await rig.settle();
    write(a, { "dir/y": "the same", z: "the same" });
    await a.tick();
    const report = await b.tick();
    expect(report).toMatchObject({ downloaded: { files: 0 }, in_sync: true });
    expect(report.requests["GetObject"]).toBe(2);
    expect(b.tree).toEqual(a.tree);
  });

  it("of a large file goes to the disk piece by piece", async () => {
    const bytes = Buffer.alloc(18 * MIB, "large ");
    writeFileSync(a.path("large"), bytes);
    await a.tick();
    await b.tick();
    expect(readFileSync(b.path("large")).equals(bytes)).toBe(true);
  });

  it("of a content that is not in the bucket is a problem line, and everything else comes", async () => {
    write(a, { lost: "l".repeat(MIB), there: "there" });
    await a.tick();
    const [blob] = rig.keys("blobs/");
    const kept = rig.bucket.find(`roots/photos/${blob}`).body;
    rig.bucket.objects.delete(`roots/photos/${blob}`);
    for (let i = 0; i < 2; i++) {
      const report = await b.tick();
      expect(report).toMatchObject({
        in_sync: false,
        problems: [{ path: "lost", message: expect.stringMatching(/not in the bucket any more; .*sync verify --repair/) }],
      });
      expect(report.requests["GetObject"]).toBeLessThanOrEqual(5);
    }
    expect(b.tree).toEqual({ there: "there" });
    rig.bucket.put(`roots/photos/${blob}`, kept, undefined, {});
    expect(await b.tick()).toMatchObject({ in_sync: true, problems: [] });
    expect(b.tree).toEqual(a.tree);
  });

  it("of damaged bytes is never placed", async () => {
    write(a, { x: "right" });
    await a.tick();
    const [pack] = rig.keys("packs/");
    rig.bucket.put(`roots/photos/${pack}`, Buffer.from("wrong"), undefined, {});
    expect(await b.tick()).toMatchObject({ in_sync: false, problems: [{ path: "x", message: expect.stringContaining("damaged") }] });
    expect(b.tree).toEqual({});
  });

  it("takes the content from where another device tells that it is", async () => {
    write(a, { x: "the same", y: "only a" });
    write(b, { x: "the same" });
    await a.tick();
    const first = rig.keys("packs/");
    rig.bucket.objects.delete("roots/photos/devices/a/head.json");
    await b.tick();
    expect(rig.keys("packs/").length).toBeGreaterThan(first.length);
    await a.tick();
    const c = rig.device("c");
    for (const key of first) rig.bucket.objects.delete(`roots/photos/${key}`);
    const report = await c.tick();
    expect(c.tree["x"]).toBe("the same");
    expect(report.problems.map(({ path }) => path)).toEqual(["y"]);
  });

  it("that finds the disk full ends the tick with that, leaves nothing behind, and the next goes on", async () => {
    write(a, { x: "1", y: "2", z: "3" });
    await a.tick();
    let written = 0;
    b.around = (folder) =>
      withMethods(folder, {
        createTemp(): TempFile {
          if (++written > 1) throw new AuraError("file_write", "no space is left on the disk");
          return folder.createTemp();
        },
      });
    expect(await b.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "error", code: "file_write" });
    expect(Object.keys(b.tree)).toHaveLength(1);
    await b.close();
    b.around = (folder) => folder;
    expect(await b.tick()).toMatchObject({ in_sync: true, downloaded: { files: 2 } });
    expect(b.tree).toEqual(a.tree);
  });

  it("leaves a file alone that is edited at that very moment", async () => {
    write(a, { x: "old" });
    await rig.settle();
    write(a, { x: "told by a" });
    await a.tick();
    await b.close();
    b.around = (folder) =>
      withMethods(folder, {
        place(...args: Parameters<RootFolder["place"]>) {
          if (args[0] === "x") write(b, { x: "edited by hand" });
          return folder.place(...args);
        },
      });
    expect(await b.tick()).toMatchObject({ in_sync: false, problems: [] });
    expect(b.tree["x"]).toBe("edited by hand");
    await b.close();
    b.around = (folder) => folder;
    await b.tick({ folders: ["elsewhere"] });
    await rig.settle();
    expect(a.tree).toEqual(b.tree);
    expect(Object.values(b.tree).toSorted()).toEqual(["edited by hand", "told by a"]);
  });

  it("is ended by an abort, and goes on later", async () => {
    write(a, Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`file ${i}`, `content ${i}`])));
    await a.tick();
    const controller = new AbortController();
    b.faults = { onRequest: ({ key }) => void (key.startsWith("packs/") && controller.abort()) };
    const outcome = await b.engine.tick({ trigger: "manual" }, undefined, controller.signal);
    expect(outcome).toMatchObject({ kind: "error", code: "sync_failed", message: expect.stringContaining("stopped") });
    expect(await b.tick()).toMatchObject({ in_sync: true });
    expect(b.tree).toEqual(a.tree);
  });

  it("tells how far it is", async () => {
    write(a, { x: "1", y: "22" });
    const stages = new Set<string>();
    await a.engine.tick({ trigger: "manual" }, ({ stage, files, filesTotal, bytes, bytesTotal }) => {
      stages.add(stage);
      expect(files).toBeLessThanOrEqual(filesTotal);
      expect(bytes).toBeLessThanOrEqual(bytesTotal);
    });
    await b.engine.tick({ trigger: "manual" }, ({ stage }) => void stages.add(stage));
    expect([...stages].toSorted()).toEqual(["apply", "download", "publish", "scan", "upload"]);
  });
});

describe("requests for content", () => {
  const file = (object: string, offset: number, size: number) => ({
    path: `${object} ${offset}`,
    content: { type: "file", hash: "", size, exec: false } as const,
    location: { object, offset },
  });

  it("join what is near in one object, up to a size", () => {
    const groups = groupsOf([
      file("b", 0, 10),
      file("a", 20, 10),
      file("a", 0, 10),
      file("a", 0, 10),
      file("a", MIB, 10),
      file("a", 40, 9 * MIB),
    ]);
    expect(groups.map(({ object, offset, length, files }) => [object, offset, length, files.length])).toEqual([
      ["a", 0, 30, 3],
      ["a", 40, 9 * MIB, 1],
      ["a", MIB, 10, 1],
      ["b", 0, 10, 1],
    ]);
  });
});

function withMethods(folder: RootFolder, methods: Partial<RootFolder>): RootFolder {
  return new Proxy(folder, {
    get(target, name): unknown {
      const own = Reflect.get(methods, name) ?? Reflect.get(target, name);
      return typeof own === "function" ? (own as (...args: unknown[]) => unknown).bind(target) : own;
    },
  });
}
