import { createHash } from "node:crypto";
import { AuraError } from "../../shared/errors.js";
import type { Content, Path } from "../../sync/entry.js";
import { type FileStat, type PathProblem, type RootFolder, SourceChanged } from "../../sync/ports.js";
import type { ContentUpload, ToUpload } from "./content-upload.js";
import { LARGE } from "./large-upload.js";
import { Breath } from "./parallel.js";
import type { Found } from "./scan.js";
import { sha256 } from "./sha256.js";
import type { RootState } from "./state/state.js";

/** What is at a path, read. */
export interface Read {
  readonly path: Path;
  readonly stat: FileStat;
  readonly content: Content;
  /** False: it may change again without a change of its stat. */
  readonly settled: boolean;
}

export interface ReadResult {
  readonly read: readonly Read[];
  /** Changed while they were read: the next tick looks again. */
  readonly left: readonly Path[];
  /** Not read, because it was enough. */
  readonly rest: readonly Found[];
  readonly problems: readonly PathProblem[];
}

export interface ReadOptions {
  readonly folder: RootFolder;
  readonly state: RootState;
  /** Gets the content that is not in the bucket; null: nothing is uploaded. */
  readonly upload: ContentUpload | null;
  readonly signal: AbortSignal;
  /** Whether so many that were read are enough. */
  readonly isEnough?: (files: number) => boolean;
}

/** Time stamps of a file system are this coarse, in ms. */
const GRANULARITY_MS = 20;
/** After a time stamp by a clock that is wrong, a change cannot be missed. */
const FAR_MS = 60_000;
const PIECE = 1 << 20;

/** Reads what was found, each file once. Rejects with StoreError, or with the signal's reason. */
export async function readFiles(found: readonly Found[], options: ReadOptions): Promise<ReadResult> {
  const read: Read[] = [];
  const left: Path[] = [];
  const problems: PathProblem[] = [];
  const breath = new Breath();
  let clock = NaN;
  let clockAt = -Infinity;
  for (const [at, { path, stat }] of found.entries()) {
    if (stat === null) continue;
    if (options.isEnough?.(read.length) === true) return { read, left, problems, rest: found.slice(at) };
    if (performance.now() - clockAt > 1000) [clock, clockAt] = [options.folder.now(), performance.now()];
    try {
      // Asked before it is read: a change after that has a later time, unless the clock has not gone on since.
      const settled = stat.type === "dir" || stat.mtimeMs < clock - GRANULARITY_MS || stat.mtimeMs > clock + FAR_MS;
      read.push({ path, stat, settled, content: await contentOf(path, stat, options) });
    } catch (error) {
      if (stat.type === "file") options.upload?.pass(stat.size);
      if (error instanceof SourceChanged) left.push(path);
      else if (error instanceof AuraError && error.code === "refused") problems.push({ path, message: error.line });
      else throw error;
    }
    await breath.taken();
    options.signal.throwIfAborted();
  }
  return { read, left, problems, rest: [] };
}

async function contentOf(path: Path, stat: FileStat, options: ReadOptions): Promise<Content> {
  if (stat.type === "dir") return { type: "dir" };
  if (stat.type === "link") return { type: "link", target: linkOf(path, stat, options.folder) };
  const { size, exec } = stat;
  return { type: "file", hash: await hashOf(path, stat, options), size, exec };
}

function linkOf(path: Path, stat: FileStat, folder: RootFolder): string {
  const target = folder.readLink(path);
  const now = folder.stat(path);
  if (now?.type !== "link" || now.ino !== stat.ino || now.ctimeMs !== stat.ctimeMs) throw new SourceChanged(path);
  return target;
}

async function hashOf(path: Path, stat: FileStat, { folder, state, upload, signal }: ReadOptions): Promise<string> {
  const { size } = stat;
  if (size <= LARGE) {
    const bytes = folder.readFile(path, stat);
    const hash = sha256(bytes);
    if (upload !== null) await send(upload, { path, stat, hash, size, bytes });
    return hash;
  }
  const known = state.places.hashOf(path, stat);
  const hash = known ?? (await hashFile(path, stat, folder, signal));
  if (upload === null) return hash;
  if (known === null) state.places.hashed(path, stat, hash);
  await send(upload, { path, stat, hash, size, bytes: null });
  return hash;
}

async function send(upload: ContentUpload, file: ToUpload): Promise<void> {
  if (file.size === 0 || upload.has(file.hash)) upload.pass(file.size);
  else await upload.add(file);
}

/** Piece by piece. Rejects with SourceChanged, AuraError `refused`, or the signal's reason. */
export async function hashFile(path: Path, stat: FileStat, folder: RootFolder, signal: AbortSignal): Promise<string> {
  const file = folder.openFile(path, stat);
  const hash = createHash("sha256");
  const breath = new Breath(5);
  try {
    for (let offset = 0; offset < stat.size; offset += PIECE) {
      hash.update(file.read({ offset, length: Math.min(PIECE, stat.size - offset) }));
      await breath.taken();
      signal.throwIfAborted();
    }
  } catch (error) {
    close(file);
    throw error;
  }
  file.close();
  return hash.digest("hex");
}

function close(file: { close(): void }): void {
  try {
    file.close();
  } catch {
    // What matters was thrown already.
  }
}
