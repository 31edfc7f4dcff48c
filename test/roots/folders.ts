import { createHash } from "node:crypto";
import { chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";
import { initRoot } from "../../src/adapters/roots/root-file.js";
import { openRootFolder } from "../../src/adapters/roots/root-folder.js";
import type { RootFolderOptions } from "../../src/adapters/roots/root-folder.js";
import type { Content, FileContent } from "../../src/sync/entry.js";
import type { FileStat, Placed, RootFolder, ScanResult, ScanScope } from "../../src/sync/ports.js";
import type { RootIdentity } from "../../src/sync/root.js";

export const IDENTITY: RootIdentity = {
  rootId: "photos",
  deviceId: "laptop",
  mode: "bidirectional",
  remote: { bucket: "bucket", endpoint: "http://127.0.0.1:9000", pathStyle: true },
};

/** Times of files that are told from the time of a test. */
export const LONG_AGO = Date.parse("2020-02-02T02:02:02.123Z");

const made: string[] = [];

/** Temporary folders that go after each test. */
export function tempFolders(): () => string {
  afterEach(() => {
    for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
  });
  return () => {
    const dir = mkdtempSync(join(tmpdir(), "aura-root-"));
    made.push(dir);
    return dir;
  };
}

/** A folder that is a root, with no rules to ignore. */
export function newRoot(dir: string): string {
  initRoot(dir, IDENTITY);
  writeFileSync(join(dir, ".aura/ignore"), "");
  return dir;
}

export function opened(dir: string, options?: RootFolderOptions): RootFolder {
  return openRootFolder(newRoot(dir), options);
}

export function write(dir: string, path: string, text: string | Uint8Array = path): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

export function file(text: string | Uint8Array, exec = false): FileContent {
  const bytes = Buffer.from(text);
  return { type: "file", hash: createHash("sha256").update(bytes).digest("hex"), size: bytes.length, exec };
}

/** Places a file as the engine does. */
export function put(
  folder: RootFolder,
  path: string,
  text: string,
  expected: FileStat | null = folder.stat(path),
  { exec = false, mtimeMs = LONG_AGO }: { readonly exec?: boolean; readonly mtimeMs?: number } = {},
): Placed {
  const temp = folder.createTemp();
  temp.write(Buffer.from(text));
  temp.finish();
  const placed = folder.place(path, file(text, exec), temp, expected, mtimeMs);
  temp.discard();
  return placed;
}

export function putOther(folder: RootFolder, path: string, content: Content, expected: FileStat | null = folder.stat(path)): Placed {
  return folder.place(path, content, null, expected, LONG_AGO);
}

export interface Scanned {
  readonly result: ScanResult;
  readonly found: ReadonlyMap<string, FileStat>;
}

export function scan(folder: RootFolder, scope?: ScanScope): Scanned {
  const found = new Map<string, FileStat>();
  return { result: folder.scan((path, stat) => void found.set(path, stat), scope), found };
}

export function names({ found }: Scanned): string[] {
  return [...found.keys()].toSorted();
}

/** What is below a folder: files by text, links by `-> target`, folders by `/`. */
export function tree(dir: string, below = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(dir, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    if (path === ".aura") continue;
    const stats = lstatSync(join(dir, path));
    if (stats.isDirectory()) Object.assign(found, { [path]: "/" }, tree(dir, path));
    else found[path] = stats.isSymbolicLink() ? `-> ${readlinkSync(join(dir, path))}` : readFileSync(join(dir, path), "utf8");
  }
  return found;
}

/** What is in the trash by its path in the root; the versions of one path in the order of their deletion. */
export function trash(dir: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const batch of batches(dir)) {
    for (const [path, text] of Object.entries(tree(join(dir, ".aura/trash", batch)))) if (text !== "/") (found[path] ??= []).push(text);
  }
  return found;
}

/** `YYYYMMDD/HHMMSS-NNN`, in order. */
export function batches(dir: string): string[] {
  return list(join(dir, ".aura/trash")).flatMap((day) => list(join(dir, ".aura/trash", day)).map((batch) => `${day}/${batch}`));
}

/** What lies in `.aura/tmp`. */
export function leftovers(dir: string): string[] {
  return list(join(dir, ".aura/tmp"));
}

/** Does it as a user whom permissions hold back, also when the tests run as root. */
export function asNobody<T>(dir: string, act: () => T): T {
  if (process.getuid?.() !== 0) return act();
  giveAway(dir);
  process.setegid!(65_534);
  process.seteuid!(65_534);
  try {
    return act();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

function giveAway(path: string): void {
  const stats = lstatSync(path);
  if (stats.uid === 65_534 || stats.isSymbolicLink()) return;
  chownSync(path, 65_534, 65_534);
  if (stats.isDirectory()) for (const name of readdirSync(path)) giveAway(join(path, name));
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir).toSorted();
  } catch {
    return [];
  }
}
