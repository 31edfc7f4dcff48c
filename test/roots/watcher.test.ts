import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { IgnoreRules } from "../../src/adapters/roots/ignore-rules.js";
import { newRoot, tempFolders, write } from "./folders.js";
import { QUIET_MS, watchers } from "./watched.js";

const temp = tempFolders();
const watch = watchers();

function root(...paths: string[]): string {
  const dir = newRoot(temp());
  for (const path of paths) write(dir, path);
  return dir;
}

describe("a watched root", () => {
  it("tells the folder in which a file was made, written to, renamed, given other permissions or deleted", async () => {
    const dir = root("docs/deep/a");
    const { told, upTo, watching } = await watch(dir);
    expect(watching.mode).toBe("events");
    expect(told).toEqual([]);
    const at = (name: string) => join(dir, "docs/deep", name);
    const acts = [
      () => writeFileSync(at("new"), "text"),
      () => writeFileSync(at("a"), "other"),
      () => renameSync(at("a"), at("b")),
      () => renameSync(at("new"), at("b")),
      () => chmodSync(at("b"), 0o755),
      () => utimesSync(at("b"), 1, 1),
      () => rmSync(at("b")),
      () => symlinkSync("nowhere", at("link")),
    ];
    for (const act of acts) expect(await upTo("docs/deep", act)).toEqual(["docs/deep"]);
    expect(await upTo("", () => write(dir, "top"))).toEqual([""]);
  });

  it("tells both folders of a move", async () => {
    const dir = root("a/x", "b/y");
    const { hears } = await watch(dir);
    renameSync(join(dir, "a/x"), join(dir, "b/x"));
    await hears("a", "b");
  });

  it("takes in folders that are made with files in them at once, however deep, and tells all of them", async () => {
    const dir = root("a/x");
    const { hears, upTo } = await watch(dir);
    for (let round = 0; round < 20; round++) {
      const top = `new ${round}`;
      write(dir, `${top}/one/two/three/file`);
      write(dir, `${top}/one/other/file`);
      await hears("", top, `${top}/one`, `${top}/one/two`, `${top}/one/two/three`, `${top}/one/other`);
      expect(await upTo(`${top}/one/two/three`, () => write(dir, `${top}/one/two/three/file`, "again"))).toEqual([`${top}/one/two/three`]);
    }
  });

  it("takes in a tree that is moved into it, and lets one go that is moved out or deleted", async () => {
    const outside = temp();
    write(outside, "tree/deep/a");
    const dir = root("x", "gone/deep/a");
    const { hears, upTo } = await watch(dir);
    renameSync(join(outside, "tree"), join(dir, "tree"));
    await hears("", "tree", "tree/deep");
    expect(await upTo("tree/deep", () => write(dir, "tree/deep/a", "changed"))).toEqual(["tree/deep"]);
    renameSync(join(dir, "tree"), join(outside, "tree"));
    await hears("");
    write(outside, "tree/deep/a", "not ours");
    expect(await upTo("", () => write(dir, "x", "changed"))).toEqual([""]);
    rmSync(join(dir, "gone"), { recursive: true });
    await hears("", "gone", "gone/deep");
    write(dir, "gone/deep/a", "there again");
    await hears("", "gone", "gone/deep");
    await upTo("gone/deep", () => write(dir, "gone/deep/a", "and seen"));
  });

  it("knows a folder by its new name when it was renamed, and by no other", async () => {
    const dir = root("old/deep/a", "z/a");
    const { hears, upTo } = await watch(dir);
    renameSync(join(dir, "old"), join(dir, "new"));
    await hears("", "new", "new/deep");
    expect(await upTo("new/deep", () => write(dir, "new/deep/a", "changed"))).toEqual(["new/deep"]);
    // One in the place of another, as a program does that swaps a folder for a newer one.
    renameSync(join(dir, "new"), join(dir, "aside"));
    renameSync(join(dir, "z"), join(dir, "new"));
    await hears("", "aside", "aside/deep", "new");
    expect(await upTo("new", () => write(dir, "new/a", "changed"))).toEqual(["new"]);
    expect(await upTo("aside/deep", () => write(dir, "aside/deep/a", "changed again"))).toEqual(["aside/deep"]);
  });

  it("hears nothing of ignored folders, of its own and of what links lead to", async () => {
    const outside = temp();
    write(outside, "a");
    const dir = root("build/out/a", "src/a");
    symlinkSync(outside, join(dir, "link"));
    const rules = new IgnoreRules("build/\n", true);
    const { upTo } = await watch(dir, { isIgnored: (path, isDir) => rules.ignores(path, isDir) });
    write(dir, "build/out/a", "changed");
    write(dir, "build/new/deep/a");
    write(dir, ".aura/tmp/a");
    write(dir, ".aura/trash/day/a");
    write(dir, ".aura/root.toml", "changed");
    write(outside, "a", "changed");
    expect(await upTo("src", () => write(dir, "src/a", "changed"))).toEqual(["src"]);
    mkdirSync(join(dir, "src/build"));
    write(dir, "src/build/a");
    expect(await upTo("src", () => write(dir, "src/a", "once more"))).toEqual(["src"]);
  });

  it("tells of the rules to ignore, and goes by the new ones when it is told to", async () => {
    const dir = root("build/out/a", "src/a");
    let rules = new IgnoreRules("build/\n", true);
    const { watching, hears, upTo } = await watch(dir, { isIgnored: (path, isDir) => rules.ignores(path, isDir) });
    expect(await upTo(".aura", () => write(dir, ".aura/ignore", "src/\n"))).toEqual([".aura"]);
    // As editors do it.
    write(dir, ".aura/ignore~", "src/\n");
    expect(await upTo(".aura", () => renameSync(join(dir, ".aura/ignore~"), join(dir, ".aura/ignore")))).toEqual([".aura"]);
    rules = new IgnoreRules("src/\n", true);
    await watching.refresh();
    await hears("build", "build/out");
    write(dir, "src/a", "changed");
    expect(await upTo("build/out", () => write(dir, "build/out/a", "changed"))).toEqual(["build/out"]);
  });

  it("is told as a whole when it goes away and when it is back, and is watched again", async () => {
    const dir = root("a/x");
    const { hears, hearsAll, upTo } = await watch(dir, {}, { pollMs: 20 });
    renameSync(dir, `${dir}-away`);
    await hearsAll();
    renameSync(`${dir}-away`, dir);
    await hearsAll();
    expect(await upTo("a", () => write(dir, "a/x", "changed"))).toEqual(["a"]);
    rmSync(dir, { recursive: true });
    await hearsAll();
    newRoot(dir);
    write(dir, "b/y");
    await hearsAll();
    await upTo("b", () => write(dir, "b/y", "changed"));
    await hears();
  });

  it("may be missing at first", async () => {
    const dir = join(temp(), "later");
    const { hearsAll, upTo } = await watch(dir, {}, { pollMs: 20 });
    await hearsAll();
    newRoot(dir);
    await hearsAll();
    await upTo("", () => write(dir, "x"));
  });

  it("tells nothing any more once it is closed", async () => {
    const dir = root("a/x");
    const one = await watch(dir);
    const other = await watch(dir);
    write(dir, "a/x", "changed");
    await one.watching.close();
    await one.watching.close();
    await one.watching.refresh();
    await other.hears("a");
    expect(one.told).toEqual([]);
  });

  it("is looked at as a whole when very much has happened while nobody listened, be it in another root", async () => {
    const dir = root("a/x");
    const { hearsAll, upTo } = await watch(dir);
    const other = await watch(root("b/x"));
    // The kernel keeps 16384 events, and then drops them. One in a row of the same is kept once.
    for (let n = 0; n < 10_000; n++) {
      utimesSync(join(dir, "a/x"), n, n);
      utimesSync(join(dir, "a"), n, n);
    }
    write(dir, "late/deep/x");
    await hearsAll();
    await other.hearsAll();
    await upTo("late/deep", () => write(dir, "late/deep/x", "changed"));
  });
});

describe("news", () => {
  it("come once things are quiet, all in one", async () => {
    const dir = root("a/x", "b/x");
    const { told, hears } = await watch(dir);
    const from = performance.now();
    write(dir, "a/x", "1");
    write(dir, "b/x", "1");
    write(dir, "a/x", "2");
    await hears("a", "b");
    expect(told).toHaveLength(1);
    expect(told[0]!.at - from).toBeGreaterThanOrEqual(QUIET_MS - 2);
  });

  it("are not held back for ever while something happens", async () => {
    const dir = root("a/x");
    const { told, hears } = await watch(dir, { debounceMs: 50 });
    const from = performance.now();
    const timer = setInterval(() => write(dir, "a/x", String(performance.now())), 10);
    await hears("a");
    clearInterval(timer);
    const [first] = told;
    expect(first!.at - from).toBeLessThan(50 * 20 * 3);
  });
});
