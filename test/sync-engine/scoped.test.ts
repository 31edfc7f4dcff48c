import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuraError } from "../../src/shared/errors.js";
import { SourceChanged, type RootFolder } from "../../src/sync/ports.js";
import { type Device, Rig, write } from "./rig.js";

let rig: Rig;
let a: Device;
let b: Device;

beforeEach(async () => {
  rig = new Rig();
  [a, b] = [rig.device("a"), rig.device("b")];
  write(a, { top: "top", "one/x": "x", "one/sub/y": "y", "two/z": "z" });
  await rig.settle();
});
afterEach(() => rig.remove());

/** A tick that looks into some folders; what the other device has then. */
async function scoped(...folders: string[]): Promise<Record<string, string>> {
  expect(await a.tick({ trigger: "watcher", folders })).toMatchObject({ in_sync: true });
  await b.tick({ folders: [] });
  return b.tree;
}

describe("a tick that looks into some folders", () => {
  it("sees what happened in them and nowhere else", async () => {
    write(a, { "one/x": "edited", "two/z": "unseen", "one/new": "new" });
    rmSync(a.path("one/sub"), { recursive: true });
    expect(await scoped("one")).toEqual({ one: "dir", "one/new": "new", "one/x": "edited", top: "top", two: "dir", "two/z": "z" });
    expect(await scoped("", "two")).toEqual(a.tree);
  });

  it("goes to the bottom of a folder that is new, or another than it was", async () => {
    write(a, { "one/new/deep/er/file": "deep" });
    expect(await scoped("one")).toEqual(a.tree);
    renameSync(a.path("one/sub"), a.path("away"));
    mkdirSync(a.path("one/sub"));
    write(a, { "one/sub/other": "other" });
    expect(await scoped("one", "")).toEqual(a.tree);
  });

  it("takes a folder that is gone for deleted, with all that was in it", async () => {
    rmSync(a.path("one"), { recursive: true });
    expect(await scoped("one/sub")).toEqual({ top: "top", two: "dir", "two/z": "z" });
  });

  it("takes what was in a folder for deleted when a file or a link is in its place", async () => {
    rmSync(a.path("one"), { recursive: true });
    symlinkSync("two", a.path("one"));
    expect(await scoped("")).toEqual({ one: "-> two", top: "top", two: "dir", "two/z": "z" });
  });

  it("of which none is left to look into reads the heads only", async () => {
    write(a, { top: "edited" });
    const report = await a.tick({ trigger: "head-poll", folders: [] });
    expect(report).toMatchObject({ scanned: 0, requests: { ListObjectsV2: 1 } });
    expect(await scoped("")).toMatchObject({ top: "edited" });
  });

  it("looks at everything when the ignore rules may have changed", async () => {
    writeFileSync(a.path(".aura/ignore"), "*.log\n");
    await a.tick();
    write(a, { "one/x.log": "log" });
    await a.tick();
    writeFileSync(a.path(".aura/ignore"), "");
    expect(await scoped(".aura")).toMatchObject({ "one/x.log": "log" });
  });

  it("does not take a newer version for one that an unseen edit has seen", async () => {
    write(a, { "dir/file": "first" });
    await rig.settle();
    // Newer, and the same content.
    for (const content of ["second", "first"]) {
      write(a, { "dir/file": content });
      await a.tick();
    }
    write(b, { "dir/file": "edited on b" });
    await b.tick({ folders: [] });
    expect(await b.tick()).toMatchObject({ conflicts: [expect.stringContaining("dir/file.conflict-")] });
    await rig.settle();
    expect(a.tree).toEqual(b.tree);
    const versions = Object.keys(a.tree).filter((path) => path.startsWith("dir/file"));
    expect(versions.map((path) => a.tree[path]).toSorted()).toEqual(["edited on b", "first"]);
  });
});

describe("what cannot be read", () => {
  it("is a problem until a tick that looks there finds it well, also after a restart", async () => {
    await a.close();
    const unreadable = (folder: RootFolder): RootFolder =>
      withReadFile(folder, (path) => {
        if (path === "one/x") throw new AuraError("refused", "one/x cannot be read: permission denied", { fix: "chmod u+r" });
      });
    a.around = unreadable;
    write(a, { "one/x": "edited", "one/other": "other" });
    expect(await a.tick()).toMatchObject({ in_sync: false, uploaded: { files: 1 }, problems: [{ path: "one/x" }] });
    expect(await a.tick({ folders: ["two"] })).toMatchObject({ in_sync: false, problems: [{ path: "one/x" }] });
    await a.close();
    a.around = (folder) => folder;
    expect(await a.tick({ folders: [] })).toMatchObject({ in_sync: false, problems: [{ path: "one/x" }] });
    expect(await a.tick({ folders: ["one"] })).toMatchObject({ in_sync: true, problems: [], uploaded: { files: 1 } });
  });

  it("because it changes all the time is left to the next tick, wherever that looks", async () => {
    await a.close();
    let changing = true;
    a.around = (folder) =>
      withReadFile(folder, (path) => {
        if (changing && path === "one/x") throw new SourceChanged(path);
      });
    write(a, { "one/x": "edited" });
    expect(await a.tick()).toMatchObject({ in_sync: false, problems: [], uploaded: { files: 0 } });
    expect(await a.tick({ folders: [] })).toMatchObject({ in_sync: false });
    changing = false;
    expect(await a.tick({ folders: ["two"] })).toMatchObject({ in_sync: true, uploaded: { files: 1 } });
  });
});

function withReadFile(folder: RootFolder, before: (path: string) => void): RootFolder {
  return new Proxy(folder, {
    get(target, name): unknown {
      if (name === "readFile") {
        return (...args: Parameters<RootFolder["readFile"]>) => {
          before(args[0]);
          return target.readFile(...args);
        };
      }
      const own: unknown = Reflect.get(target, name);
      return typeof own === "function" ? (own as (...args: unknown[]) => unknown).bind(target) : own;
    },
  });
}
