import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Device, Rig, write } from "./rig.js";

let rig: Rig;
let a: Device;
let b: Device;

const FILES = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`dir${i % 3}/file ${i}`, `content ${i}`]));

beforeEach(async () => {
  rig = new Rig();
  [a, b] = [rig.device("a"), rig.device("b")];
  write(a, FILES);
  await rig.settle();
});
afterEach(() => rig.remove());

describe("the brake", () => {
  it("tells nobody that most files are gone, until a person confirms it", async () => {
    for (const name of ["dir0", "dir1"]) rmSync(a.path(name), { recursive: true });
    write(a, { "dir2/file 2": "edited" });
    const held = await a.tick();
    expect(held).toMatchObject({ held: { deletes: 20, of: 30 }, deleted: { told: 0 }, uploaded: { files: 1 }, in_sync: false });
    expect(held.held?.reason).toContain("aura-msg sync --confirm");
    expect(await a.tick({ trigger: "head-poll", folders: [] })).toMatchObject({ held: { deletes: 20 }, in_sync: false });
    await b.tick();
    expect(Object.keys(b.tree)).toHaveLength(33);
    expect(b.tree["dir2/file 2"]).toBe("edited");
    expect(await a.tick({ confirm: true })).toMatchObject({ held: null, deleted: { told: 22 }, in_sync: true });
    expect(await b.tick()).toMatchObject({ held: { deletes: 20, of: 30 }, deleted: { here: 0 }, in_sync: false });
    expect(Object.keys(b.tree)).toHaveLength(33);
    expect(await b.tick({ confirm: true })).toMatchObject({ held: null, deleted: { here: 22 }, in_sync: true });
    expect(b.tree).toEqual(a.tree);
    expect(b.trash).toHaveLength(21);
  });

  it("lets go when the files are put back", async () => {
    renameSync(a.path("dir0"), `${a.root}.away0`);
    renameSync(a.path("dir1"), `${a.root}.away1`);
    expect(await a.tick()).toMatchObject({ held: { deletes: 20 } });
    renameSync(`${a.root}.away0`, a.path("dir0"));
    renameSync(`${a.root}.away1`, a.path("dir1"));
    expect(await a.tick()).toMatchObject({ held: null, in_sync: true, uploaded: { files: 0 } });
    expect(Object.keys(a.tree)).toHaveLength(33);
  });

  it("does not mistake a rename of everything for deletions", async () => {
    mkdirSync(a.path("all"));
    for (const name of ["dir0", "dir1", "dir2"]) renameSync(a.path(name), a.path("all", name));
    expect(await a.tick()).toMatchObject({ held: null, uploaded: { files: 0 } });
    expect(await b.tick()).toMatchObject({ held: null, renamed: 30, downloaded: { files: 0 } });
    expect(b.tree).toEqual(a.tree);
  });

  it("deletes nothing here either while it holds what is missing here", async () => {
    for (const name of ["dir0", "dir1"]) rmSync(a.path(name), { recursive: true });
    rmSync(b.path("dir2/file 2"));
    write(b, { new: "new" });
    await b.tick();
    expect(await a.tick()).toMatchObject({ held: { deletes: 20 }, deleted: { here: 0, told: 0 } });
    expect(a.tree).toMatchObject({ "dir2/file 2": "content 2", new: "new" });
  });

  it("holds an emptied root", async () => {
    for (const name of readdirSync(a.root)) if (name !== ".aura") rmSync(a.path(name), { recursive: true });
    expect(await a.tick()).toMatchObject({ held: { deletes: 30, of: 30 }, deleted: { told: 0 } });
    await b.tick();
    expect(Object.keys(b.tree)).toHaveLength(33);
    expect(a.tree).toEqual({});
  });

  it("names the files that it holds, as many as a report can carry, also in a dry run and until they are dealt with", async () => {
    write(a, Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`more/${String(i).padStart(3, "0")}`, `more ${i}`])));
    await rig.settle();
    rmSync(a.path("more"), { recursive: true });
    renameSync(a.path("dir0/file 0"), a.path("renamed"));
    const hundred = Array.from({ length: 100 }, (_, i) => `more/${String(i).padStart(3, "0")}`);
    expect((await a.tick({ dryRun: true })).held).toMatchObject({ deletes: 120, of: 150, paths: hundred });
    expect((await a.tick()).held).toMatchObject({ deletes: 120, paths: hundred });
    expect((await a.tick({ trigger: "head-poll", folders: [] })).held).toMatchObject({ deletes: 120, paths: hundred });
    await a.tick({ confirm: true });
    expect((await b.tick({ dryRun: true })).held).toMatchObject({ deletes: 120, paths: hundred });
    expect((await b.tick()).held).toMatchObject({ deletes: 120, paths: hundred });
    expect((await b.tick({ confirm: true })).held).toBeNull();
  });

  it("takes as many as max_delete says", async () => {
    const c = rig.device("c", { limits: { maxDelete: 0.9 } });
    await c.tick();
    for (const name of ["dir0", "dir1"]) rmSync(c.path(name), { recursive: true });
    expect(await c.tick()).toMatchObject({ held: null, deleted: { told: 22 } });
  });
});

describe("a root that is not what it was", () => {
  it.each([
    ["without its marker", (): void => rmSync(a.path(".aura/root.toml"))],
    ["that is gone", (): void => rmSync(a.root, { recursive: true })],
    ["in whose place is another folder", (): void => replace(a)],
  ])("%s is an error, and nothing is deleted or told", async (_what, change) => {
    const before = rig.keys();
    change();
    for (const folders of [undefined, [""], ["dir0"], []]) {
      const outcome = await a.engine.tick({ trigger: "interval", ...(folders === undefined ? {} : { folders }) });
      expect(outcome).toMatchObject({ kind: "error", code: "root_missing" });
    }
    expect(rig.keys()).toEqual(before);
    await b.tick();
    expect(Object.keys(b.tree)).toHaveLength(33);
  });
});

function replace(device: Device): void {
  renameSync(device.root, `${device.root}.away`);
  mkdirSync(device.path(".aura"), { recursive: true });
}

describe("a dry run", () => {
  it("changes nothing anywhere, and lists what would be done", async () => {
    write(b, { "told by b": "x", "dir0/file 0": "edited on b" });
    rmSync(b.path("dir1/file 1"));
    renameSync(b.path("dir2/file 2"), b.path("dir2/renamed"));
    await b.tick();
    write(a, { "new on a": "y", "dir0/file 0": "edited on a" });
    rmSync(a.path("dir0/file 3"));
    const before = { keys: rig.keys(), tree: a.tree, heads: await a.engine.seenHeads?.() };
    const report = await a.tick({ dryRun: true });
    expect({ keys: rig.keys(), tree: a.tree, heads: await a.engine.seenHeads?.() }).toEqual(before);
    const { plan = [], conflicts } = report;
    expect(report).toMatchObject({ dry_run: true, uploaded: { files: 2 }, deleted: { told: 1, here: 1 }, renamed: 1, in_sync: false });
    expect(conflicts).toHaveLength(1);
    expect(plan).toEqual(
      expect.arrayContaining([
        { action: "upload", path: "new on a" },
        { action: "upload", path: "dir0/file 0" },
        { action: "delete-told", path: "dir0/file 3" },
        { action: "download", path: "told by b" },
        { action: "rename", path: "dir2/renamed", from: "dir2/file 2" },
        { action: "delete", path: "dir1/file 1" },
        { action: "conflict", path: conflicts[0] },
      ]),
    );
    const real = await a.tick();
    expect(real).toMatchObject({ dry_run: false, uploaded: { files: 2 }, deleted: { told: 1, here: 1 }, renamed: 1, in_sync: true });
    expect(real.plan).toBeUndefined();
  });

  it("of a root where nothing is to be done says so", async () => {
    expect(await a.tick({ dryRun: true })).toMatchObject({ plan: [], in_sync: true, dry_run: true });
  });

  it("tells that the brake would hold", async () => {
    for (const name of ["dir0", "dir1"]) rmSync(a.path(name), { recursive: true });
    expect(await a.tick({ dryRun: true })).toMatchObject({ held: { deletes: 20 } });
    expect(await a.tick({ dryRun: true, confirm: true })).toMatchObject({ held: null, deleted: { told: 22 } });
  });
});
