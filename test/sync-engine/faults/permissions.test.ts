import { chmodSync, chownSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SyncReport, TickRequest } from "../../../src/sync/tick.js";
import { type Device, Rig, write } from "../rig.js";

const NOBODY = 65_534;

let rig: Rig;
let a: Device;
let b: Device;

beforeEach(async () => {
  rig = new Rig();
  [a, b] = [rig.device("a"), rig.device("b")];
  write(a, { open: "open", closed: "closed", "dir/x": "x", "dir/y": "y" });
  await rig.settle();
  for (const device of [a, b]) await device.close();
});
afterEach(() => rig.remove());

/** A tick of a user whom permissions hold back, also where the tests run as root. */
async function tick(device: Device, request: Partial<TickRequest> = {}): Promise<SyncReport> {
  if (process.getuid?.() !== 0) return device.tick(request);
  for (const path of ["", ...readdirSync(rig.home, { recursive: true, encoding: "utf8" })]) give(join(rig.home, path));
  process.setegid!(NOBODY);
  process.seteuid!(NOBODY);
  try {
    return await device.tick(request);
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

function give(path: string): void {
  chownSync(path, NOBODY, NOBODY);
}

describe("a file that may not be read", () => {
  it("is a problem line with what to do, holds nothing else up, and is synced once it may be", async () => {
    write(a, { closed: "edited", open: "edited too" });
    chmodSync(a.path("closed"), 0);
    for (let i = 0; i < 2; i++) {
      expect(await tick(a)).toMatchObject({
        in_sync: false,
        problems: [{ path: "closed", message: expect.stringMatching(/permission.*chmod/) }],
      });
    }
    await tick(b);
    expect(b.tree).toMatchObject({ closed: "closed", open: "edited too" });
    chmodSync(a.path("closed"), 0o644);
    expect(await tick(a)).toMatchObject({ in_sync: true, problems: [] });
    await tick(b);
    expect(b.tree).toMatchObject({ closed: "edited" });
  });

  it("is not taken for deleted when its folder may not be read either", async () => {
    chmodSync(a.path("dir"), 0);
    expect(await tick(a)).toMatchObject({ in_sync: false, deleted: { told: 0 }, problems: [{ path: "dir" }] });
    write(b, { "dir/x": "edited on b" });
    await tick(b);
    await tick(a);
    expect(b.tree).toMatchObject({ "dir/x": "edited on b", "dir/y": "y" });
    chmodSync(a.path("dir"), 0o755);
    expect(await tick(a)).toMatchObject({ in_sync: true });
    expect(a.tree).toEqual(b.tree);
  });
});

describe("a folder that may not be written", () => {
  it("keeps what is in it as it is, with a line for each path, and all else is applied", async () => {
    write(a, { "dir/x": "edited on a", "dir/new": "new", open: "edited too" });
    rmSync(a.path("dir/y"));
    await tick(a);
    chmodSync(b.path("dir"), 0o555);
    for (let i = 0; i < 2; i++) {
      const report = await tick(b);
      expect(report).toMatchObject({ in_sync: false });
      expect(report.problems.map(({ path }) => path)).toEqual(["dir/new", "dir/x", "dir/y"]);
      for (const { message } of report.problems) expect(message).toContain("chmod");
    }
    expect(b.tree).toMatchObject({ "dir/x": "x", "dir/y": "y", open: "edited too" });
    chmodSync(b.path("dir"), 0o755);
    expect(await tick(b)).toMatchObject({ in_sync: true, problems: [] });
    expect(b.tree).toEqual(a.tree);
  });

  it("that is the root itself is told, and deletes nothing", async () => {
    writeFileSync(a.path("later"), "later");
    await tick(a);
    chmodSync(b.root, 0o555);
    expect(await tick(b)).toMatchObject({ in_sync: false, problems: [{ path: "later" }] });
    chmodSync(b.root, 0o755);
    expect(await tick(b)).toMatchObject({ in_sync: true });
    expect(b.tree).toEqual(a.tree);
  });
});
