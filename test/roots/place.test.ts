import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noCalls, renameCalls } from "../../src/adapters/roots/rename-calls.js";
import type { RenameCalls } from "../../src/adapters/roots/rename-calls.js";
import { file, leftovers, LONG_AGO, names, opened, put, putOther, scan, tempFolders, trash, tree, write } from "./folders.js";

const temp = tempFolders();
const UMASK = process.umask();

const WAYS: readonly (readonly [string, RenameCalls])[] = [
  ["with the kernel's swap", renameCalls()],
  ["where two names cannot be swapped", noCalls],
];

describe.each(WAYS)("place, %s", (_, calls) => {
  function root() {
    const dir = temp();
    return { dir, folder: opened(dir, { calls }) };
  }

  it("puts a new file in place with its content, time and permissions, and leaves nothing behind", () => {
    const { dir, folder } = root();
    mkdirSync(join(dir, "docs"));
    const placed = put(folder, "docs/a.txt", "hello", null);
    expect(placed).toEqual({ result: "done", stat: folder.stat("docs/a.txt") });
    const stats = statSync(join(dir, "docs/a.txt"));
    expect(readFileSync(join(dir, "docs/a.txt"), "utf8")).toBe("hello");
    expect(Math.floor(stats.mtimeMs)).toBe(LONG_AGO);
    expect(stats.mode & 0o777).toBe(0o644 & ~UMASK);
    expect(leftovers(dir)).toEqual([]);
    expect(trash(dir)).toEqual({});
  });

  it("gives an executable file its bits as far as the umask lets it", () => {
    const { dir, folder } = root();
    put(folder, "run", "#!/bin/sh", null, { exec: true });
    expect(statSync(join(dir, "run")).mode & 0o777).toBe(0o755 & ~UMASK);
    expect(folder.stat("run")?.exec).toBe(true);
  });

  it("replaces a file and keeps the old one in the trash", () => {
    const { dir, folder } = root();
    write(dir, "docs/a.txt", "old");
    const placed = put(folder, "docs/a.txt", "new");
    expect(placed).toEqual({ result: "done", stat: folder.stat("docs/a.txt") });
    expect(tree(dir)).toEqual({ docs: "/", "docs/a.txt": "new" });
    expect(trash(dir)).toEqual({ "docs/a.txt": ["old"] });
    expect(leftovers(dir)).toEqual([]);
  });

  it("does not open to others what was hidden from them, and keeps by whom it may be executed", () => {
    const { dir, folder } = root();
    write(dir, "secret", "old");
    chmodSync(join(dir, "secret"), 0o600);
    put(folder, "secret", "new");
    expect(statSync(join(dir, "secret")).mode & 0o777).toBe(0o600);
    put(folder, "secret", "newer", folder.stat("secret"), { exec: true });
    expect(statSync(join(dir, "secret")).mode & 0o777).toBe(0o700);
    put(folder, "secret", "newest", folder.stat("secret"), { exec: false });
    expect(statSync(join(dir, "secret")).mode & 0o777).toBe(0o600);
    expect(trash(dir)).toEqual({ secret: ["old", "new", "newer"] });
  });

  it("makes folders, and takes one that is there for done", () => {
    const { dir, folder } = root();
    expect(putOther(folder, "a", { type: "dir" }, null)).toEqual({ result: "done", stat: folder.stat("a") });
    expect(putOther(folder, "a/b", { type: "dir" }, null).result).toBe("done");
    write(dir, "a/b/inside");
    expect(putOther(folder, "a", { type: "dir" })).toEqual({ result: "done", stat: folder.stat("a") });
    expect(tree(dir)).toEqual({ a: "/", "a/b": "/", "a/b/inside": "a/b/inside" });
    expect(statSync(join(dir, "a")).mode & 0o777).toBe(0o755 & ~UMASK);
  });

  it("makes links as they are written, and replaces them", () => {
    const { dir, folder } = root();
    const placed = putOther(folder, "link", { type: "link", target: "../nowhere at all" }, null);
    expect(placed).toEqual({ result: "done", stat: folder.stat("link") });
    expect(readlinkSync(join(dir, "link"))).toBe("../nowhere at all");
    expect(Math.floor(lstatSync(join(dir, "link")).mtimeMs)).toBe(LONG_AGO);
    expect(putOther(folder, "link", { type: "link", target: "elsewhere" }).result).toBe("done");
    expect(tree(dir)).toEqual({ link: "-> elsewhere" });
    expect(trash(dir)).toEqual({ link: ["-> ../nowhere at all"] });
    expect(leftovers(dir)).toEqual([]);
  });

  it("turns every kind into every other", () => {
    const { dir, folder } = root();
    const contents = { file: null, link: { type: "link", target: "t" }, dir: { type: "dir" } } as const;
    for (const from of ["file", "link", "dir"] as const) {
      for (const to of ["file", "link", "dir"] as const) {
        const path = `${from}-${to}`;
        const place = (kind: "file" | "link" | "dir", expected = folder.stat(path)) =>
          kind === "file" ? put(folder, path, `a ${kind}`, expected) : putOther(folder, path, contents[kind]!, expected);
        expect(place(from, null).result).toBe("done");
        expect(place(to)).toEqual({ result: "done", stat: folder.stat(path) });
        expect(folder.stat(path)?.type).toBe(to);
      }
    }
    expect(leftovers(dir)).toEqual([]);
    expect(trash(dir)).toEqual({
      "file-file": ["a file"],
      "file-link": ["a file"],
      "file-dir": ["a file"],
      "link-file": ["-> t"],
      "link-link": ["-> t"],
      "link-dir": ["-> t"],
    });
  });

  it("replaces a folder only when nothing is in it", () => {
    const { dir, folder } = root();
    write(dir, ".aura/ignore", "*.log\n");
    folder.reloadIgnore();
    write(dir, "full/a.txt");
    write(dir, "logs/a.log");
    expect(put(folder, "full", "file")).toEqual({ result: "changed" });
    expect(put(folder, "logs", "file")).toEqual({ result: "kept", why: expect.stringMatching(/not synced; move or delete/) });
    expect(tree(dir)).toEqual({ full: "/", "full/a.txt": "full/a.txt", logs: "/", "logs/a.log": "logs/a.log" });
    expect(leftovers(dir)).toEqual([]);
  });

  it("touches nothing that is not as expected, and leaves the temporary file to whoever made it", () => {
    const { dir, folder } = root();
    write(dir, "a", "one");
    const before = folder.stat("a")!;
    const unexpected = [
      () => (writeFileSync(join(dir, "a"), "other"), before),
      () => (rmSync(join(dir, "a")), before),
      () => (write(dir, "a", "two"), null),
      () => (rmSync(join(dir, "a")), mkdirSync(join(dir, "a")), before),
      () => (rmSync(join(dir, "a"), { recursive: true }), symlinkSync("b", join(dir, "a")), before),
    ];
    for (const change of unexpected) {
      const expected = change();
      const found = tree(dir);
      const draft = folder.createTemp();
      draft.write(Buffer.from("new"));
      draft.finish();
      expect(folder.place("a", file("new"), draft, expected, LONG_AGO)).toEqual({ result: "changed" });
      expect(tree(dir)).toEqual(found);
      expect(readFileSync(draft.path, "utf8")).toBe("new");
      draft.discard();
    }
    expect(trash(dir)).toEqual({});
    expect(leftovers(dir)).toEqual([]);
  });

  it("sees a file that was changed and has its old size and time again", () => {
    const { dir, folder } = root();
    write(dir, "a", "one");
    utimesSync(join(dir, "a"), 1000, 1000);
    const before = folder.stat("a")!;
    writeFileSync(join(dir, "a"), "two");
    utimesSync(join(dir, "a"), 1000, 1000);
    expect(folder.stat("a")).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs, ino: before.ino });
    expect(put(folder, "a", "new", before)).toEqual({ result: "changed" });
  });

  it("goes through no link and makes no folder on the way", () => {
    const { dir, folder } = root();
    const outside = temp();
    symlinkSync(outside, join(dir, "out"));
    write(dir, "file");
    for (const path of ["out/a", "missing/a", "file/a"]) {
      expect(put(folder, path, "text", null)).toEqual({ result: "changed" });
      expect(putOther(folder, path, { type: "dir" }, null)).toEqual({ result: "changed" });
      expect(folder.stat(path)).toBeNull();
    }
    expect(tree(outside)).toEqual({});
    expect(leftovers(dir)).toEqual([]);
  });

  it("keeps away from what is none of the root's own", () => {
    const { dir, folder } = root();
    for (const path of [
      "../a",
      "a/../../b",
      "/etc/a",
      "",
      ".",
      "a//b",
      "a/",
      ".aura/root.toml",
      ".aura",
      "sub/.aura/tmp",
      "a\0b",
      "\ud800",
    ]) {
      expect(put(folder, path, "text", null)).toEqual({ result: "kept", why: expect.stringMatching(/^[^\n]+; [^\n]+$/) });
    }
    expect(names(scan(folder))).toEqual([]);
    expect(leftovers(dir)).toEqual([]);
  });

  it("keeps away from every spelling of its own folder where letters are not told apart", () => {
    const dir = temp();
    const folder = opened(dir, { calls, caseSensitive: false, normalizationSensitive: false });
    for (const path of [".AURA/root.toml", ".Aura", ".au\u200cra/x"]) {
      expect(put(folder, path, "text", null).result).toBe("kept");
      expect(folder.isIgnored(path, false)).toBe(true);
    }
  });

  it("holds names with newlines, emoji, trailing dots and spaces, and of 255 bytes", () => {
    const { dir, folder } = root();
    const odd = [
      "new\nline",
      "\u{1f984}.txt",
      "dots...",
      "space ",
      " ",
      "-rf",
      "back\\slash",
      "x".repeat(255),
      "\u00e9".repeat(127),
      "e\u0301",
      "a\tb",
      "*",
      "~",
    ];
    for (const path of odd) {
      expect(put(folder, path, "old", null).result).toBe("done");
      expect(put(folder, path, "new").result).toBe("done");
    }
    expect(names(scan(folder))).toEqual(odd.toSorted());
    expect(Object.keys(trash(dir)).toSorted()).toEqual(odd.toSorted());
    put(folder, "copy", "x", null);
    expect(folder.rename("copy", "renamed\n", folder.stat("copy")!).result).toBe("done");
    for (const path of odd) expect(folder.remove(path, folder.stat(path)!).result).toBe("done");
    expect(names(scan(folder))).toEqual(["renamed\n"]);
  });

  it("keeps a name that is too long, and says so", () => {
    const { dir, folder } = root();
    const answer = { result: "kept", why: "a longer name than this file system can hold; shorten it" };
    expect(put(folder, "x".repeat(256), "text", null)).toEqual(answer);
    expect(putOther(folder, "x".repeat(256), { type: "dir" }, null)).toEqual(answer);
    expect(putOther(folder, "link", { type: "link", target: "x".repeat(5000) }, null)).toEqual(answer);
    expect(leftovers(dir)).toEqual([]);
  });

  it("takes any time that a file may have had", () => {
    const { folder } = root();
    for (const mtimeMs of [0, -1, Date.parse("1970-01-01T00:00:01Z"), Date.parse("2106-02-08T00:00:00Z"), 1e15, Number.NaN]) {
      expect(put(folder, `at ${mtimeMs}`, "text", null, { mtimeMs }).result).toBe("done");
    }
  });
});
