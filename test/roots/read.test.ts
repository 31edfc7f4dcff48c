import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SourceChanged } from "../../src/sync/ports.js";
import { opened, tempFolders, write } from "./folders.js";

const temp = tempFolders();

function root(text: string | Uint8Array = "hello") {
  const dir = temp();
  const folder = opened(dir);
  write(dir, "a", text);
  return { dir, folder, stat: folder.stat("a")! };
}

const CHANGES: Readonly<Record<string, (path: string) => void>> = {
  "it was written to": (path) => writeFileSync(path, "HELLO"),
  "it has grown": (path) => appendFileSync(path, "!"),
  "it has shrunk": (path) => truncateSync(path, 1),
  "another took its name": (path) => {
    writeFileSync(`${path}~`, "hello");
    renameSync(`${path}~`, path);
  },
  "it has its old time again": (path) => {
    writeFileSync(path, "HELLO");
    utimesSync(path, 1, 1);
  },
  "its permissions were changed": (path) => chmodSync(path, 0o700),
};

/** What cannot be read to its end, or even be opened, without care. */
const OTHERS: Readonly<Record<string, (path: string) => void>> = {
  "it is gone": () => {},
  "it is a folder": (path) => mkdirSync(path),
  "it is a link": (path) => symlinkSync("/etc/passwd", path),
  "it is a named pipe that nobody writes to": (path) => void execFileSync("mkfifo", [path]),
};

describe("reading a file", () => {
  it("gives its bytes, of an empty one too", () => {
    const { dir, folder, stat } = root();
    expect(Buffer.from(folder.readFile("a", stat)).toString()).toBe("hello");
    write(dir, "empty", "");
    expect(folder.readFile("empty", folder.stat("empty")!)).toHaveLength(0);
  });

  it.each(Object.entries(CHANGES))("is refused when %s before", (_, change) => {
    const { dir, folder, stat } = root();
    change(join(dir, "a"));
    expect(() => folder.readFile("a", stat)).toThrow(SourceChanged);
    expect(() => folder.openFile("a", stat)).toThrow(SourceChanged);
  });

  it.each(Object.entries(OTHERS))("is refused at once when %s", (_, make) => {
    const { dir, folder, stat } = root();
    rmSync(join(dir, "a"));
    make(join(dir, "a"));
    expect(() => folder.readFile("a", stat)).toThrow(SourceChanged);
    expect(() => folder.openFile("a", stat)).toThrow(SourceChanged);
    expect(() => folder.copyToTemp("a")).toThrow(SourceChanged);
  });

  it.each(Object.entries(CHANGES))("piece by piece tells at its end, or before, that %s meanwhile", (_, change) => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (__, n) => n % 251));
    const { dir, folder, stat } = root(bytes);
    const open = folder.openFile("a", stat);
    expect(Buffer.from(open.read({ offset: 50_000, length: 1000 }))).toEqual(bytes.subarray(50_000, 51_000));
    change(join(dir, "a"));
    expect(() => {
      try {
        open.read({ offset: 99_000, length: 1000 });
      } finally {
        open.close();
      }
    }).toThrow(SourceChanged);
  });

  it("piece by piece is done when nothing has changed", () => {
    const { folder, stat } = root();
    const open = folder.openFile("a", stat);
    expect(Buffer.from(open.read({ offset: 1, length: 3 })).toString()).toBe("ell");
    expect(open.read({ offset: 5, length: 0 })).toHaveLength(0);
    open.close();
  });

  it("goes through no link", () => {
    const { dir, folder, stat } = root();
    const outside = temp();
    write(outside, "a");
    symlinkSync(outside, join(dir, "out"));
    expect(() => folder.copyToTemp("out/a")).toThrow(SourceChanged);
    expect(folder.stat("out/a")).toBeNull();
    expect(folder.stat("a")).toEqual(stat);
    expect(readFileSync(join(outside, "a"), "utf8")).toBe("a");
  });

  it("of a link gives its target, and tells when it is none any more", () => {
    const { dir, folder } = root();
    symlinkSync("some where", join(dir, "link"));
    expect(folder.readLink("link")).toBe("some where");
    expect(() => folder.readLink("a")).toThrow(SourceChanged);
    expect(() => folder.readLink("gone")).toThrow(SourceChanged);
  });
});
