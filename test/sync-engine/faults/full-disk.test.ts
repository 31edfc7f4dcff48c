import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { fill, mounts } from "../../roots/disks.js";
import { missing } from "../../support/components.js";
import { type Device, Rig, write } from "../rig.js";

let rig: Rig;

// Before the disks, so that it runs after they are unmounted: hooks run last to first.
afterEach(() => rig.remove());
const { disk } = mounts();
afterEach(async () => {
  for (const device of rig.devices) await device.close();
  // The binding of the database lets go of its files when its statements are collected.
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
});

function leftovers(device: Device): string[] {
  return readdirSync(device.path(".aura", "tmp"));
}

function enlarge(dir: string): void {
  execFileSync("mount", ["-o", "remount,size=64m", dir]);
}

/** A device whose folder is a disk of its own. */
function onDisk(size: string): Device {
  mkdirSync(join(rig.home, "b"));
  disk(join(rig.home, "b"), size);
  return rig.device("b", { limits: { maxDelete: 1 } });
}

describe.skipIf(missing("root"))("a disk that is full when others' files are to be placed", () => {
  it("is told in one line, has what it has room for, loses nothing, and is filled once there is room", async () => {
    rig = new Rig();
    const a = rig.device("a");
    const b = onDisk("1m");
    const old = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`old ${i}`, `old ${i}`]));
    write(a, old);
    await rig.settle();
    const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`dir/new ${i}`, `${i} `.repeat(5000)]));
    write(a, { ...files, "old 0": "edited" });
    rmSync(a.path("old 9"));
    await a.tick();

    for (let round = 0; round < 2; round++) {
      expect(await b.engine.tick({ trigger: "interval" })).toMatchObject({
        kind: "error",
        code: "file_write",
        message: expect.stringMatching(/^[^\n]*the disk is full; free some space[^\n]*$/),
      });
      expect(leftovers(b)).toEqual([]);
      const { tree } = b;
      const placed = Object.keys(files).filter((path) => path in tree);
      expect(placed.length).toBeGreaterThan(10);
      for (const path of placed) expect(tree[path]).toBe(files[path]);
      expect([...Object.values(tree), ...b.trash]).toEqual(expect.arrayContaining(Object.values(old)));
    }
    expect(rig.keys("devices/")).toEqual(["devices/a/head.json", "devices/b/head.json"]);
    // The deletion waits until all else is done.
    expect(b.tree).toMatchObject({ "old 9": "old 9" });

    enlarge(b.root);
    await rig.settle();
    expect(b.tree).toEqual(a.tree);
    expect(b.tree["old 0"]).toBe("edited");
  });

  it("keeps nothing from being uploaded", async () => {
    rig = new Rig();
    const a = rig.device("a");
    const b = onDisk("1m");
    await rig.settle();
    write(b, { "of b": "uploaded from a full disk" });
    const empty = fill(b.root);
    rmSync(b.path("filler"), { force: true });
    fill(b.root);
    expect(await b.engine.tick({ trigger: "interval" })).toMatchObject({ kind: "ok" });
    await a.tick();
    expect(a.tree["of b"]).toBe("uploaded from a full disk");
    empty();
  });

  it("that holds the state database is told in one line, and nothing is lost", async () => {
    rig = new Rig();
    const a = rig.device("a");
    mkdirSync(join(rig.home, "b.state"));
    const state = disk(join(rig.home, "b.state"), "1m");
    const b = rig.device("b");
    write(a, { x: "x" });
    write(b, { "of b": "of b" });
    await rig.settle();
    fill(state);
    write(a, { x: "edited", new: "new" });
    await a.tick();
    write(b, Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`more ${i}`, `more ${i}`])));
    expect(await b.engine.tick({ trigger: "interval" })).toMatchObject({
      kind: "error",
      code: "state_unreadable",
      message: expect.stringMatching(/^[^\n]*no space is left on its disk; free some space$/),
    });
    await b.close();
    enlarge(state);
    await rig.settle();
    expect(b.tree).toEqual(a.tree);
    expect(b.tree).toMatchObject({ x: "edited", new: "new", "of b": "of b", "more 499": "more 499" });
  });
});
