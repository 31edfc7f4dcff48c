import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openRootFolder } from "../../src/adapters/roots/root-folder.js";
import { AuraError } from "../../src/shared/errors.js";
import { asNobody, names, newRoot, opened, scan, tempFolders, write } from "./folders.js";

const temp = tempFolders();

function root() {
  const dir = temp();
  return { dir, folder: opened(dir) };
}

function failure(act: () => unknown): AuraError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AuraError);
    return error as AuraError;
  }
  throw new Error("nothing was thrown");
}

describe("a scan", () => {
  it("finds files, folders and links as they are, and follows no link", () => {
    const { dir, folder } = root();
    const outside = temp();
    write(outside, "secret");
    write(dir, "docs/a.txt", "hello");
    write(dir, "run", "#!/bin/sh");
    chmodSync(join(dir, "run"), 0o700);
    utimesSync(join(dir, "docs/a.txt"), 1, 1_000_000.25);
    symlinkSync(outside, join(dir, "out"));
    symlinkSync("nowhere", join(dir, "docs/broken"));
    const scanned = scan(folder);
    expect(names(scanned)).toEqual(["docs", "docs/a.txt", "docs/broken", "out", "run"]);
    expect(scanned.found.get("docs/a.txt")).toEqual({
      type: "file",
      size: 5,
      mtimeMs: 1_000_000_250,
      ctimeMs: expect.any(Number),
      ino: expect.any(Number),
      exec: false,
    });
    expect(scanned.found.get("run")).toMatchObject({ type: "file", exec: true });
    expect(scanned.found.get("docs")).toMatchObject({ type: "dir", exec: false });
    expect(scanned.found.get("out")).toMatchObject({ type: "link", size: outside.length, exec: false });
    expect(scanned.result).toEqual({ complete: "all", gone: [], problems: [] });
    for (const [path, stat] of scanned.found) expect(folder.stat(path)).toEqual(stat);
  });

  it("tells of a folder before what is in it", () => {
    const { dir, folder } = root();
    for (const path of ["a/b/c/d", "a-b/c", "a/b.txt", "z", "A/a"]) write(dir, path);
    const order = [...scan(folder).found.keys()];
    for (const path of order) {
      const parent = path.split("/").slice(0, -1).join("/");
      if (parent !== "") expect(order.indexOf(parent)).toBeLessThan(order.indexOf(path));
    }
  });

  it("finds each of ten thousand files once, and tells which one has changed", () => {
    const { dir, folder } = root();
    const wanted: string[] = [];
    for (let f = 0; f < 100; f++) {
      mkdirSync(join(dir, `folder ${f % 10}/sub ${f}`), { recursive: true });
      for (let n = 0; n < 100; n++) wanted.push(`folder ${f % 10}/sub ${f}/file ${n}`);
    }
    for (const path of wanted) writeFileSync(join(dir, path), path);
    const first = scan(folder);
    expect(
      [...first.found]
        .filter(([, { type }]) => type === "file")
        .map(([path]) => path)
        .toSorted(),
    ).toEqual(wanted.toSorted());
    expect(first.found.size).toBe(10_110);
    writeFileSync(join(dir, wanted[4321]!), "changed");
    const second = scan(folder);
    const differ = [...second.found].filter(([path, stat]) => JSON.stringify(stat) !== JSON.stringify(first.found.get(path)));
    expect(differ.map(([path]) => path)).toEqual([wanted[4321]]);
  });

  it("tells sockets and named pipes as problems with a fix, and they are not seen", async () => {
    const { dir, folder } = root();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(dir, "socket"), resolve));
    execFileSync("mkfifo", [join(dir, "pipe")]);
    write(dir, "file");
    const scanned = scan(folder);
    server.close();
    expect(names(scanned)).toEqual(["file"]);
    expect(scanned.result.problems).toEqual([
      { path: "pipe", message: "a named pipe, which cannot be synced; move it, or ignore it in .aura/ignore" },
      { path: "socket", message: "a socket, which cannot be synced; move it, or ignore it in .aura/ignore" },
    ]);
    expect(scanned.result.complete).toEqual(new Set([""]));
  });

  it("leaves names alone that are no valid UTF-8, and takes the replacement character in earnest", () => {
    const { dir, folder } = root();
    mkdirSync(join(dir, "odd"));
    const odd = Buffer.concat([Buffer.from(join(dir, "odd/caf")), Buffer.from([0xe9])]);
    writeFileSync(odd, "text");
    write(dir, "odd/caf\uFFFD", "in earnest");
    write(dir, "odd/plain");
    const scanned = scan(folder);
    expect(names(scanned)).toEqual(["odd", "odd/caf\uFFFD", "odd/plain"]);
    expect(scanned.found.get("odd/caf\uFFFD")?.size).toBe(10);
    expect(scanned.result.problems).toEqual([{ path: "odd/caf\uFFFD", message: "a name that is not valid UTF-8; rename it" }]);
    expect(folder.remove("odd", folder.stat("odd")!).result).not.toBe("done");
    rmSync(odd);
  });

  it("tells names that no device may take as problems, and sees nothing of what they hold", () => {
    const { dir, folder } = root();
    if (!folder.caseSensitive) return;
    write(dir, ".AURA/tmp/a");
    write(dir, ".au\u200bra");
    write(dir, "docs/.AURA");
    const message = "a name that cannot be synced: it is in .aura, which is not synced; rename it, or ignore it in .aura/ignore";
    const scanned = scan(folder);
    expect(names(scanned)).toEqual(["docs", "docs/.AURA"]);
    expect(scanned.result).toEqual({
      complete: new Set(["", "docs"]),
      gone: [],
      problems: [
        { path: ".AURA", message },
        { path: ".au\u200bra", message },
      ],
    });
    const scoped = scan(folder, { folders: [".AURA", ".AURA/tmp"] });
    expect(names(scoped)).toEqual([]);
    expect(scoped.result).toEqual({ complete: new Set(), gone: [], problems: [] });
    write(dir, ".aura/ignore", ".AURA\n.au*\n");
    expect(scan(folder).result.problems).toEqual([]);
  });

  it("takes what is below a folder that cannot be read for unseen", () => {
    const { dir, folder } = root();
    write(dir, "closed/in/a");
    write(dir, "listed/a");
    write(dir, "open/a");
    const scanned = asNobody(dir, () => {
      chmodSync(join(dir, "closed"), 0o000);
      chmodSync(join(dir, "listed"), 0o400);
      return scan(folder);
    });
    expect(names(scanned)).toEqual(["closed", "listed", "open", "open/a"]);
    expect(scanned.result.complete).toEqual(new Set(["", "open"]));
    const message = "the folder cannot be read (permission denied); allow it with: chmod u+rx, or ignore it in .aura/ignore";
    expect(scanned.result.problems).toEqual([
      { path: "closed", message },
      { path: "listed", message },
    ]);
    for (const name of ["closed", "listed"]) chmodSync(join(dir, name), 0o700);
  });

  it("sees files that cannot be read: what is in them is another matter", () => {
    const { dir, folder } = root();
    write(dir, "a");
    const thrown = asNobody(dir, () => {
      chmodSync(join(dir, "a"), 0o000);
      expect(names(scan(folder))).toEqual(["a"]);
      return failure(() => folder.readFile("a", folder.stat("a")!));
    });
    expect(thrown.code).toBe("refused");
    expect(thrown.line).toBe("a cannot be read: permission denied; allow it with: chmod u+r, or ignore it in .aura/ignore");
  });
});

describe("a scan of some folders", () => {
  it("looks directly into each, and deeper only where it is told to", () => {
    const { dir, folder } = root();
    for (const path of ["a/one", "a/old/x", "a/new/deep/y", "b/two", "three"]) write(dir, path);
    const shallow = scan(folder, { folders: ["a", "", "a"] });
    expect(names(shallow)).toEqual(["a", "a/new", "a/old", "a/one", "b", "three"]);
    expect(shallow.result).toEqual({ complete: new Set(["a", ""]), gone: [], problems: [] });
    const deep = scan(folder, { folders: ["a"], deep: (path) => !path.endsWith("old") });
    expect(names(deep)).toEqual(["a/new", "a/new/deep", "a/new/deep/y", "a/old", "a/one"]);
    expect(deep.result.complete).toEqual(new Set(["a", "a/new", "a/new/deep"]));
  });

  it("tells which folders are gone, and looks at where they were", () => {
    const { dir, folder } = root();
    write(dir, "a/b/c/d/x");
    write(dir, "a/file/x");
    write(dir, "a/link/x");
    write(dir, "a/stays");
    for (const path of ["a/b", "a/file", "a/link"]) rmSync(join(dir, path), { recursive: true });
    writeFileSync(join(dir, "a/file"), "a file now");
    symlinkSync("elsewhere", join(dir, "a/link"));
    const scanned = scan(folder, { folders: ["a/b/c/d", "a/b/c", "a/file", "a/link"] });
    expect(scanned.result.gone.toSorted()).toEqual(["a/b", "a/file", "a/link"]);
    expect(scanned.result.complete).toEqual(new Set(["a"]));
    expect(names(scanned)).toEqual(["a/file", "a/link", "a/stays"]);
    rmSync(join(dir, "a"), { recursive: true });
    const all = scan(folder, { folders: ["a/b"] });
    expect(all.result).toEqual({ complete: new Set([""]), gone: ["a"], problems: [] });
  });

  it("leaves ignored folders and its own alone", () => {
    const { dir, folder } = root();
    write(dir, ".aura/ignore", "build/\n");
    write(dir, "build/out/a");
    write(dir, "src/a");
    const scanned = scan(folder, { folders: [".aura", "build", "build/out", "src"] });
    expect(names(scanned)).toEqual(["src/a"]);
    expect(scanned.result).toEqual({ complete: new Set(["src"]), gone: [], problems: [] });
  });

  it("takes a folder for unseen whose way is closed", () => {
    const { dir, folder } = root();
    write(dir, "closed/in/a");
    const scanned = asNobody(dir, () => {
      chmodSync(join(dir, "closed"), 0o000);
      return scan(folder, { folders: ["closed/in"] });
    });
    expect(scanned.result).toMatchObject({ complete: new Set(), gone: [], problems: [{ path: "closed" }] });
    chmodSync(join(dir, "closed"), 0o700);
  });
});

describe("a root that is not what it was", () => {
  it("is an error when the folder, or the file that marks it, is not there", () => {
    const dir = temp();
    const none = failure(() => openRootFolder(join(dir, "none")));
    expect([none.code, none.message]).toEqual(["root_missing", `root ${join(dir, "none")} is not there`]);
    const bare = failure(() => openRootFolder(dir));
    expect([bare.code, bare.message]).toEqual(["root_missing", `root ${dir} has no .aura/root.toml`]);
    const folder = opened(dir);
    write(dir, "a");
    rmSync(join(dir, ".aura/root.toml"));
    expect(failure(() => scan(folder)).code).toBe("root_missing");
    expect(failure(() => scan(folder, { folders: [""] })).line).toBe(
      `root ${dir} has no .aura/root.toml; nothing is synced or deleted; mount or restore it; a new root is made with: aura-msg root init`,
    );
  });

  it("is an error when another folder is in its place, be it a root itself", () => {
    const { dir, folder } = root();
    renameSync(dir, `${dir}-moved`);
    mkdirSync(dir);
    newRoot(dir);
    expect(failure(() => scan(folder)).message).toContain("is another folder than it was");
    rmSync(dir, { recursive: true });
    renameSync(`${dir}-moved`, dir);
    expect(scan(folder).result.complete).toBe("all");
  });

  it("is an error when it goes away while it is scanned, so that nothing reads as deleted", () => {
    const { dir, folder } = root();
    write(dir, "a/b");
    write(dir, "c/d");
    const seen: string[] = [];
    const thrown = failure(() =>
      folder.scan((path) => {
        seen.push(path);
        if (path === "a") renameSync(dir, `${dir}-moved`);
      }),
    );
    expect(thrown.code).toBe("root_missing");
    renameSync(`${dir}-moved`, dir);
  });

  it("is an error when it cannot be read", () => {
    const { dir, folder } = root();
    const thrown = asNobody(dir, () => {
      chmodSync(dir, 0o100);
      return failure(() => scan(folder));
    });
    expect(thrown.code).toBe("root_missing");
    chmodSync(dir, 0o700);
  });

  it("may be reached through a link", () => {
    const dir = temp();
    newRoot(dir);
    write(dir, "a");
    const link = join(mkdtempSync(join(temp(), "l")), "link");
    symlinkSync(dir, link);
    const folder = openRootFolder(link);
    expect(folder.path).toBe(link);
    expect(names(scan(folder))).toEqual(["a"]);
  });
});
