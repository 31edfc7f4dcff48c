import { chmodSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Device, Rig, write } from "./rig.js";

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.remove());

/** Enough of everything to pass each step of an upload. */
function edit(a: Device): void {
  write(a, { edited: "edited on a", new: "new on a", "dir/deep/new": "deep", large: "L".repeat(1 << 20) });
  renameSync(a.path("old"), a.path("renamed"));
  rmSync(a.path("gone"));
  chmodSync(a.path("run"), 0o755);
  symlinkSync("run", a.path("link"));
}

async function start(): Promise<[Device, Device]> {
  const [a, b] = [rig.device("a"), rig.device("b")];
  write(a, { edited: "before", old: "to be renamed", gone: "to be deleted", run: "#!/bin/sh", both: "before" });
  await rig.settle();
  return [a, b];
}

const AFTER = {
  both: "before",
  dir: "dir",
  "dir/deep": "dir",
  "dir/deep/new": "deep",
  edited: "edited on a",
  large: "L".repeat(1 << 20),
  link: "-> run",
  new: "new on a",
  renamed: "to be renamed",
  run: "x #!/bin/sh",
};

describe("a device that is killed", () => {
  it("at any step of an upload goes on from there", async () => {
    const [a, b] = await start();
    edit(a);
    let kills = 0;
    while (await a.tickAndKill(kills)) kills++;
    expect(kills).toBeGreaterThan(12);
    await rig.settle();
    expect(a.tree).toEqual(AFTER);
    expect(b.tree).toEqual(AFTER);
    expect([...a.trash, ...b.trash].toSorted()).toEqual(["before", "to be deleted"]);
  });

  it("after a content was uploaded does not upload it again", async () => {
    const a = rig.device("a");
    write(a, { small: "small", large: "L".repeat(1 << 20) });
    expect(await a.tickAndKill((step) => step.startsWith("before put manifests/"))).toBe(true);
    const report = await a.tick();
    expect(report).toMatchObject({ in_sync: true, uploaded: { files: 0 } });
    expect([...rig.keys("packs/"), ...rig.keys("blobs/")]).toHaveLength(2);
  });

  it("at any step of an apply goes on from there", async () => {
    const [a, b] = await start();
    edit(a);
    await a.tick();
    let kills = 0;
    while (await b.tickAndKill(kills)) kills++;
    expect(kills).toBeGreaterThan(12);
    await rig.settle();
    expect(b.tree).toEqual(AFTER);
    expect(a.tree).toEqual(AFTER);
    expect(b.trash).toEqual(expect.arrayContaining(["before", "to be deleted"]));
  });

  it("at any one step of an apply, each for itself, loses nothing", async () => {
    for (let step = 0, dead = true; dead; step += 3) {
      const [a, b] = [rig.device(`a${step}`), rig.device(`b${step}`)];
      rig.devices.splice(0, rig.devices.length, a, b);
      rig.bucket.objects.clear();
      write(a, { edited: "before", gone: "to be deleted", file: "a file", "folder/x": "in a folder" });
      await rig.settle();
      write(a, { edited: "edited on a" });
      rmSync(a.path("gone"));
      rmSync(a.path("file"));
      write(a, { "file/in": "in its place" });
      rmSync(a.path("folder"), { recursive: true });
      write(a, { folder: "was a folder" });
      write(b, { edited: "edited on b" });
      await a.tick();
      dead = await b.tickAndKill(step);
      await rig.settle();
      expect(b.tree).toEqual(a.tree);
      expect(b.tree).toMatchObject({ "file/in": "in its place", folder: "was a folder" });
      const all = [...Object.values(b.tree), ...b.trash, ...a.trash];
      expect(all).toEqual(expect.arrayContaining(["edited on a", "edited on b", "to be deleted", "a file", "in a folder"]));
      await a.close();
      await b.close();
    }
  });

  it("at any step while it makes a conflict copy keeps both", async () => {
    const [a, b] = await start();
    write(b, { both: "by b" });
    await b.tick();
    write(a, { both: "by a" });
    let kills = 0;
    while (await a.tickAndKill(kills)) kills++;
    await rig.settle();
    expect(a.tree).toEqual(b.tree);
    expect(Object.values(a.tree)).toEqual(expect.arrayContaining(["by a", "by b"]));
    expect(Object.keys(a.tree).filter((name) => name.includes("conflict"))).toHaveLength(1);
  });
});
