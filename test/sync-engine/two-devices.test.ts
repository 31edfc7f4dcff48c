import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Device, Rig, write } from "./rig.js";

let rig: Rig;
let a: Device;
let b: Device;

beforeEach(() => {
  rig = new Rig();
  a = rig.device("a");
  b = rig.device("b");
});
afterEach(() => rig.remove());

describe("two devices", () => {
  it("come to the same tree", async () => {
    write(a, { "one.txt": "1", "dir/two.txt": "2", empty: "" });
    mkdirSync(a.path("bare"));
    symlinkSync("one.txt", a.path("link"));
    chmodSync(a.path("dir/two.txt"), 0o755);
    const first = await a.tick();
    expect(first).toMatchObject({ in_sync: true, uploaded: { files: 2, bytes: 2 }, problems: [], scanned: 6 });
    expect(first.requests).toEqual({ ListObjectsV2: 1, PutObject: 3 });
    const second = await b.tick();
    expect(second).toMatchObject({ in_sync: true, downloaded: { files: 3, bytes: 2 } });
    expect(b.tree).toEqual({ bare: "dir", dir: "dir", "dir/two.txt": "x 2", empty: "", link: "-> one.txt", "one.txt": "1" });
    expect(a.tree).toEqual(b.tree);
    await rig.settle();
    expect((await a.tick()).requests).toEqual({ ListObjectsV2: 1 });
    expect((await b.tick()).requests).toEqual({ ListObjectsV2: 1 });
  });

  it("tell each other of edits, renames and deletions", async () => {
    write(a, { "one.txt": "1", "dir/two.txt": "2", three: "3" });
    await rig.settle();
    write(b, { "one.txt": "edited" });
    renameSync(b.path("dir"), b.path("moved"));
    rmSync(b.path("three"));
    const told = await b.tick();
    expect(told).toMatchObject({ uploaded: { files: 1, bytes: 6 }, deleted: { here: 0, told: 3 } });
    expect(told.requests).toEqual({ ListObjectsV2: 1, PutObject: 3 });
    const taken = await a.tick();
    expect(taken).toMatchObject({ renamed: 1, downloaded: { files: 1 }, deleted: { here: 2, told: 0 }, in_sync: true });
    expect(a.tree).toEqual({ "one.txt": "edited", moved: "dir", "moved/two.txt": "2" });
    expect(a.trash.toSorted()).toEqual(["1", "3"]);
    await rig.settle();
    expect(b.tree).toEqual(a.tree);
  });

  it("keep both of two edits", async () => {
    write(a, { "one.txt": "1" });
    await rig.settle();
    write(a, { "one.txt": "by a" });
    write(b, { "one.txt": "by b" });
    await a.tick();
    const report = await b.tick();
    expect(report.conflicts).toHaveLength(1);
    await rig.settle();
    expect(a.tree).toEqual(b.tree);
    expect(Object.values(a.tree).toSorted()).toEqual(["by a", "by b"]);
    expect(Object.keys(a.tree).find((name) => name !== "one.txt")).toMatch(/^one\.conflict-a-\d{8}T\d{6}Z\.txt$/);
  });
});
