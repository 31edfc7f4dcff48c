import { chmodSync, copyFileSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Device, Rig, write } from "./rig.js";

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.remove());

async function pair(files: Record<string, string> = {}): Promise<[Device, Device]> {
  const [a, b] = [rig.device("a"), rig.device("b")];
  write(a, files);
  await rig.settle();
  return [a, b];
}

/** All trees are equal; it is given. */
async function settled(): Promise<Record<string, string>> {
  await rig.settle();
  const [first, ...others] = rig.devices.map(({ tree }) => tree);
  for (const other of others) expect(other).toEqual(first);
  return first!;
}

describe("an edit and a deletion of one file", () => {
  it("leave the edit, whoever comes first", async () => {
    const [a, b] = await pair({ "x.txt": "old", "y.txt": "old" });
    rmSync(a.path("x.txt"));
    write(b, { "x.txt": "edited" });
    write(a, { "y.txt": "edited" });
    rmSync(b.path("y.txt"));
    await a.tick();
    await b.tick();
    expect(await settled()).toEqual({ "x.txt": "edited", "y.txt": "edited" });
  });

  it("bring back the folder that the edited file is in", async () => {
    const [a, b] = await pair({ "dir/sub/x": "old", "dir/y": "y" });
    rmSync(a.path("dir"), { recursive: true });
    write(b, { "dir/sub/x": "edited" });
    await a.tick();
    await b.tick();
    expect(await settled()).toEqual({ dir: "dir", "dir/sub": "dir", "dir/sub/x": "edited" });
  });
});

describe("two edits of one file", () => {
  it("are both kept when three devices make them", async () => {
    const devices = ["a", "b", "c"].map((name) => rig.device(name));
    write(devices[0]!, { "x.txt": "old" });
    await rig.settle();
    for (const device of devices) write(device, { "x.txt": `by ${device.name}` });
    for (const device of devices) await device.tick();
    const tree = await settled();
    expect(Object.values(tree).toSorted()).toEqual(["by a", "by b", "by c"]);
    expect(tree["x.txt"]).toBe("by c");
  });

  it("are no conflict when they are the same", async () => {
    const [a, b] = await pair({ "x.txt": "old" });
    for (const device of [a, b]) write(device, { "x.txt": "new" });
    await a.tick();
    const report = await b.tick();
    expect(report).toMatchObject({ conflicts: [], uploaded: { files: 0 } });
    expect(await settled()).toEqual({ "x.txt": "new" });
  });

  it("rename the loser's own file instead of fetching it again", async () => {
    const [a, b] = await pair({ "x.txt": "old" });
    const [onA, onB] = ["by a ".repeat(100), "by b ".repeat(100)];
    write(a, { "x.txt": onA });
    const { ino } = lstatSync(a.path("x.txt"));
    write(b, { "x.txt": onB });
    await b.tick();
    const report = await a.tick();
    expect(report).toMatchObject({ downloaded: { files: 1, bytes: onB.length }, in_sync: true });
    const copy = report.conflicts[0]!;
    expect(lstatSync(a.path(copy)).ino).toBe(ino);
    expect(await settled()).toEqual({ "x.txt": onB, [copy]: onA });
  });

  it("name the conflict copy by the loser's device and time", async () => {
    const [a, b] = await pair({ "archive.tar.gz": "old", ".bashrc": "old" });
    for (const name of ["archive.tar.gz", ".bashrc"]) {
      write(a, { [name]: "by a" });
      utimesSync(a.path(name), new Date("2026-11-21T13:58:00.5Z"), new Date("2026-11-21T13:58:00.5Z"));
      write(b, { [name]: "by b" });
    }
    await a.tick();
    await b.tick();
    expect(Object.keys(await settled()).toSorted()).toEqual(
      [".bashrc", ".bashrc.conflict-a-20261121T135800Z", "archive.tar.gz", "archive.tar.conflict-a-20261121T135800Z.gz"].toSorted(),
    );
  });
});

describe("a change of type", () => {
  it("is carried out, with what was there in the trash", async () => {
    const [a, b] = await pair({ file: "file", "dir/x": "x", "dir/y": "y", third: "3" });
    rmSync(a.path("file"));
    write(a, { "file/now/a": "folder" });
    rmSync(a.path("dir"), { recursive: true });
    write(a, { dir: "a file" });
    rmSync(a.path("third"));
    symlinkSync("dir", a.path("third"));
    await a.tick();
    await b.tick();
    expect(b.tree).toEqual(a.tree);
    expect(b.trash.toSorted()).toEqual(["3", "file", "x", "y"]);
    await settled();
  });

  it("leaves the name to the folder when a file and a folder meet", async () => {
    const [a, b] = await pair();
    write(a, { thing: "a file" });
    write(b, { "thing/in": "a folder" });
    await a.tick();
    await b.tick();
    const tree = await settled();
    expect(tree["thing/in"]).toBe("a folder");
    expect(Object.values(tree).toSorted()).toEqual(["a file", "a folder", "dir"]);
  });

  it("of the exec bit alone uploads and fetches nothing", async () => {
    const [a, b] = await pair({ run: "#!/bin/sh" });
    chmodSync(a.path("run"), 0o755);
    expect(await a.tick()).toMatchObject({ uploaded: { files: 0 } });
    expect(await b.tick()).toMatchObject({ downloaded: { files: 0 } });
    expect(b.tree).toEqual({ run: "x #!/bin/sh" });
  });
});

describe("a rename", () => {
  it("of a folder uploads nothing, fetches nothing and moves the very files", async () => {
    const [a, b] = await pair({ "old/a": "content of a", "old/deep/b": "content of b" });
    const { ino } = lstatSync(b.path("old/a"));
    renameSync(a.path("old"), a.path("new"));
    expect(await a.tick()).toMatchObject({ uploaded: { files: 0 }, deleted: { told: 4 } });
    expect(await b.tick()).toMatchObject({ downloaded: { files: 0 }, renamed: 2 });
    expect(b.tree).toEqual({ new: "dir", "new/a": "content of a", "new/deep": "dir", "new/deep/b": "content of b" });
    expect(lstatSync(b.path("new/a")).ino).toBe(ino);
    expect(b.trash).toEqual([]);
  });

  it("and an edit of the same file elsewhere keep both", async () => {
    const [a, b] = await pair({ x: "old" });
    renameSync(a.path("x"), a.path("y"));
    write(b, { x: "edited" });
    await a.tick();
    await b.tick();
    expect(await settled()).toEqual({ x: "edited", y: "old" });
  });

  it("of two files into each other's place is an exchange", async () => {
    const [a, b] = await pair({ x: "content x", y: "content y" });
    renameSync(a.path("x"), a.path("z"));
    renameSync(a.path("y"), a.path("x"));
    renameSync(a.path("z"), a.path("y"));
    expect(await a.tick()).toMatchObject({ uploaded: { files: 0 } });
    await b.tick();
    expect(b.tree).toEqual({ x: "content y", y: "content x" });
  });
});

describe("a device that joins with files of its own", () => {
  it("takes equal ones for the same, and keeps both of different ones", async () => {
    const a = rig.device("a");
    write(a, { same: "equal", other: "of a", "dir/only-a": "a" });
    await a.tick();
    const b = rig.device("b");
    write(b, { same: "equal", other: "of b", "dir/only-b": "b" });
    const { ino } = lstatSync(b.path("same"));
    const report = await b.tick();
    expect(report.conflicts).toHaveLength(1);
    expect(lstatSync(b.path("same")).ino).toBe(ino);
    const tree = await settled();
    expect(Object.values(tree).toSorted()).toEqual(["a", "b", "dir", "equal", "of a", "of b"]);
  });
});

describe("a state database", () => {
  const files = { kept: "kept", edited: "before", gone: "gone" };

  it("that was lost loses nothing: what differs is kept beside what is told", async () => {
    const [a, b] = await pair(files);
    await a.close();
    rmSync(a.stateFile);
    write(a, { edited: "after" });
    write(b, { kept: "new version" });
    await b.tick();
    await a.tick();
    const tree = await settled();
    expect(tree).toMatchObject({ gone: "gone" });
    expect(Object.values(tree)).toEqual(expect.arrayContaining(["new version", "kept", "before", "after"]));
  });

  it("that was lost costs no upload and no download of what is unchanged", async () => {
    const [a] = await pair(files);
    await a.close();
    rmSync(a.stateFile);
    expect(await a.tick()).toMatchObject({ uploaded: { files: 0 }, downloaded: { files: 0 }, conflicts: [], in_sync: true });
  });

  it("of an old backup loses nothing either", async () => {
    const [a, b] = await pair(files);
    await a.close();
    copyFileSync(a.stateFile, `${a.stateFile}.backup`);
    write(a, { edited: "told since", later: "told since too" });
    await rig.settle();
    await a.close();
    copyFileSync(`${a.stateFile}.backup`, a.stateFile);
    write(a, { edited: "edited after the backup was put back" });
    await a.tick();
    expect(await settled()).toMatchObject({ later: "told since too", kept: "kept", gone: "gone" });
    const contents = [...Object.values(b.tree), ...a.trash, ...b.trash];
    expect(contents).toEqual(expect.arrayContaining(["told since", "edited after the backup was put back"]));
  });
});

describe("ignored paths", () => {
  it("stay as they are on each device, and are not deleted for the others", async () => {
    const [a, b] = await pair({ "x.log": "of both", y: "y" });
    writeFileSync(b.path(".aura/ignore"), "*.log\n");
    rmSync(b.path("x.log"));
    write(b, { "new.log": "not told" });
    write(a, { "x.log": "edited on a" });
    await rig.settle();
    expect(a.tree).toEqual({ "x.log": "edited on a", y: "y" });
    expect(b.tree).toEqual({ "new.log": "not told", y: "y" });
  });

  it("are synced again when they are ignored no more: what was done meanwhile on both sides is kept", async () => {
    const [a, b] = await pair({ "x.log": "old", "y.log": "old" });
    writeFileSync(b.path(".aura/ignore"), "*.log\n");
    await rig.settle();
    write(a, { "x.log": "edited on a", "y.log": "edited on a" });
    write(b, { "x.log": "edited on b", "new.log": "new" });
    await rig.settle();
    writeFileSync(b.path(".aura/ignore"), "");
    const tree = await settled();
    expect(tree).toMatchObject({ "y.log": "edited on a", "new.log": "new" });
    expect(Object.values(tree)).toEqual(expect.arrayContaining(["edited on a", "edited on b"]));
  });

  it("are handed on by a device that ignores them", async () => {
    const [a, b] = await pair({ "x.log": "content", y: "y" });
    writeFileSync(b.path(".aura/ignore"), "*.log\n");
    write(b, { y: "edited" });
    await rig.settle();
    await a.close();
    for (const key of [...rig.bucket.objects.keys()]) if (key.includes("/devices/a/")) rig.bucket.objects.delete(key);
    rig.devices.splice(rig.devices.indexOf(a), 1);
    await b.tick();
    const c = rig.device("c");
    await c.tick();
    expect(c.tree).toEqual({ "x.log": "content", y: "edited" });
  });
});

describe("names", () => {
  const names = [
    "new\nline",
    "🎉 party",
    "e\u0301 decomposed",
    "\u00e9 composed",
    "dots...",
    " spaces ",
    "quote\"'`$",
    "ü".repeat(127),
    "-rf",
    "\ufffd",
    "a\\b",
  ];

  it("of any kind come over as they are", async () => {
    const [a, b] = await pair(Object.fromEntries(names.map((name, i) => [`${name}/${name}`, `content ${i}`])));
    expect(b.tree).toEqual(a.tree);
    expect(Object.keys(b.tree)).toHaveLength(2 * names.length);
  });

  it("of 255 bytes are shortened for a conflict copy", async () => {
    const name = `${"x".repeat(251)}.txt`;
    const [a, b] = await pair({ [name]: "old" });
    write(a, { [name]: "by a" });
    write(b, { [name]: "by b" });
    await a.tick();
    await b.tick();
    const tree = await settled();
    expect(Object.values(tree).toSorted()).toEqual(["by a", "by b"]);
    expect(Object.keys(tree).every((one) => Buffer.byteLength(one) <= 255 && one.endsWith(".txt"))).toBe(true);
  });

  it("that a folder does not tell apart are held back with a line, and lose nothing", async () => {
    const a = rig.device("a");
    const b = rig.device("b", { folder: { caseSensitive: false } });
    write(a, { Readme: "upper", readme: "lower", other: "x" });
    await a.tick();
    const report = await b.tick();
    expect(b.tree).toEqual({ Readme: "upper", other: "x" });
    expect(report).toMatchObject({
      problems_total: 1,
      in_sync: false,
      problems: [{ path: "readme", message: expect.stringContaining("held back") }],
    });
    renameSync(a.path("readme"), a.path("readme2"));
    expect(await settled()).toEqual({ Readme: "upper", other: "x", readme2: "lower" });
  });
});

describe("clocks", () => {
  it("ten years off decide nothing", async () => {
    const years = 10 * 365 * 86_400_000;
    const [a, b] = [rig.device("a", { now: () => Date.now() + years }), rig.device("b", { now: () => Date.now() - years })];
    write(a, { x: "old", y: "old" });
    utimesSync(a.path("x"), 4e9, 4e9);
    await rig.settle();
    write(b, { x: "new" });
    utimesSync(b.path("x"), 1000, 1000);
    rmSync(b.path("y"));
    await b.tick();
    await a.tick();
    expect(a.tree).toEqual({ x: "new" });
    write(a, { x: "newer" });
    expect(await settled()).toEqual({ x: "newer" });
  });
});

describe("modes", () => {
  it("push tells and takes nothing", async () => {
    const [a, b] = [rig.device("a", { mode: "push" }), rig.device("b")];
    write(a, { x: "of a" });
    await a.tick();
    await b.tick();
    write(b, { y: "of b", x: "edited on b" });
    await b.tick();
    expect(await a.tick()).toMatchObject({ in_sync: true, downloaded: { files: 0 }, requests: { ListObjectsV2: 1 } });
    expect(a.tree).toEqual({ x: "of a" });
    write(a, { x: "edited on a" });
    await a.tick();
    await b.tick();
    expect(Object.values(b.tree).toSorted()).toEqual(["edited on a", "edited on b", "of b"]);
  });

  it("push goes on after its state was lost, and what is here wins", async () => {
    const [a, b] = [rig.device("a", { mode: "push" }), rig.device("b")];
    write(a, { x: "old", y: "y" });
    await a.tick();
    await b.tick();
    await a.close();
    rmSync(a.stateFile);
    write(a, { x: "new" });
    expect(await a.tick()).toMatchObject({ conflicts: [], in_sync: true, uploaded: { files: 1 } });
    await b.tick();
    expect(b.tree).toEqual({ x: "new", y: "y" });
  });

  it("pull takes and tells nothing; an edit stays until something newer comes, and then beside it", async () => {
    const [a, b] = [rig.device("a"), rig.device("b", { mode: "pull" })];
    write(a, { x: "of a", y: "of a", z: "of a" });
    await a.tick();
    await b.tick();
    write(b, { x: "edited on b", own: "of b" });
    rmSync(b.path("y"));
    const before = rig.keys();
    expect(await b.tick()).toMatchObject({ in_sync: true, conflicts: [], uploaded: { files: 0 }, requests: { ListObjectsV2: 1 } });
    expect(rig.keys()).toEqual(before);
    expect(b.tree).toEqual({ own: "of b", x: "edited on b", z: "of a" });
    write(a, { x: "newer", y: "newer" });
    await a.tick();
    const report = await b.tick();
    expect(report.conflicts).toHaveLength(1);
    expect(b.tree).toEqual({ own: "of b", x: "newer", y: "newer", z: "of a", [report.conflicts[0]!]: "edited on b" });
    expect(await b.tick()).toMatchObject({ in_sync: true, conflicts: [] });
    expect(a.tree).toEqual({ x: "newer", y: "newer", z: "of a" });
    expect(rig.keys("devices/")).toEqual(["devices/a/head.json"]);
  });

  it("pull takes what those that tell made of a conflict, also where it came to something else before them", async () => {
    const [b, c, z] = ["b", "c", "z"].map((name) => rig.device(name)) as [Device, Device, Device];
    const reader = rig.device("reader", { mode: "pull" });
    // Two versions that have not heard of each other, and a deletion that has heard of one of them.
    write(z, { n: "of z" });
    await z.tick();
    write(b, { n: "of b" });
    await withoutHearing(b, "z");
    await withoutHearing(c, "b");
    expect(c.tree).toEqual({ n: "of z" });
    await reader.tick();
    expect(reader.tree["n"]).toBe("of z");
    rmSync(c.path("n"));
    await withoutHearing(c, "b");
    await reader.tick();
    await c.tick();
    await rig.settle();
    expect(c.tree["n"]).toBe("of b");
    expect(reader.tree["n"]).toBe("of b");
    expect([...Object.values(reader.tree), ...reader.trash]).toContain("of z");
  });
});

/** A tick that cannot read the head of one device. */
async function withoutHearing(device: Device, of: string): Promise<void> {
  await device.close();
  device.faults = { plan: ({ key }) => (key === `devices/${of}/head.json` ? "truncated" : null) };
  await device.tick();
  await device.close();
  device.faults = {};
}

it("a folder that somebody else removed while it was to be filled is no error", async () => {
  const [a, b] = await pair({ "dir/x": "x" });
  mkdirSync(a.path("dir/sub"));
  write(a, { "dir/sub/y": "y" });
  await a.tick();
  rmSync(b.path("dir"), { recursive: true });
  await b.tick({ folders: [] });
  expect(await settled()).toMatchObject({ "dir/sub/y": "y" });
});
