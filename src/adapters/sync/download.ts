import { createHash } from "node:crypto";
import type { FileContent, Location, Path } from "../../sync/entry.js";
import { type PathProblem, StoreError, type TempFile } from "../../sync/ports.js";
import { isOfObject } from "./heads.js";
import { bringToDisk } from "./durable.js";
import { inParallel } from "./parallel.js";
import type { RootParts } from "./parts.js";
import { sha256 } from "./sha256.js";

/** A file to fetch. */
export interface ToFetch {
  readonly path: Path;
  readonly content: FileContent;
  /** Null: nobody knows. */
  readonly location: Location | null;
}

/** Files that one request brings: neighbours in one object. */
export interface Group {
  readonly object: string;
  readonly offset: number;
  length: number;
  readonly files: (ToFetch & { readonly location: Location })[];
}

/** Bytes of one request, as long as it has several files. */
const GROUP_LIMIT = 8 << 20;
/** Bytes that nobody wants between two files, so that one request is still quicker than two. */
const GAP = 64 << 10;
/** Files that are written before they are made durable together. */
const SYNCED_AT_ONCE = 64;
/** Larger files go to the disk piece by piece. */
const STREAMED = 16 << 20;

export interface FetchOptions {
  readonly parts: Pick<RootParts, "store" | "state" | "folder" | "limits">;
  readonly signal: AbortSignal;
  /** Called with each file once it is whole and its hash is right; takes over the temporary file. */
  readonly onFile: (path: Path, temp: TempFile) => void;
  readonly onProblem: (problem: PathProblem) => void;
  /** How many bytes of a large file are here. */
  readonly onBytes?: (path: Path, bytes: number) => void;
}

/**
 * Fetches files: neighbours in one request, several requests at once, each file checked before it is given out. What is
 * not in the bucket, or not as it was written, is a problem of that file. Rejects with StoreError for anything else.
 */
export async function fetchFiles(files: readonly ToFetch[], options: FetchOptions): Promise<void> {
  const located: Group["files"] = [];
  for (const file of files) {
    const { path, content, location } = file;
    if (content.size === 0) giveEmpty(path, options);
    else if (location === null) options.onProblem(lost(path, null));
    else located.push({ ...file, location });
  }
  const again: ToFetch[] = [];
  await inParallel(groupsOf(located), options.parts.limits.maxTransfers, (group) => fetchGroup(group, options, again));
  await inParallel(again, options.parts.limits.maxTransfers, (file) => fetchAgain(file, options));
}

/** Requests in the order of the bucket's keys. */
export function groupsOf(files: Group["files"]): Group[] {
  const groups: Group[] = [];
  const sorted = files.toSorted(
    (a, b) => compare(a.location.object, b.location.object) || a.location.offset - b.location.offset || a.content.size - b.content.size,
  );
  for (const file of sorted) {
    const { object, offset } = file.location;
    const end = offset + file.content.size;
    const group = groups.at(-1);
    const groupEnd = group === undefined ? 0 : group.offset + group.length;
    if (group?.object === object && offset <= groupEnd + GAP && Math.max(end, groupEnd) - group.offset <= GROUP_LIMIT) {
      group.length = Math.max(end, groupEnd) - group.offset;
      group.files.push(file);
    } else groups.push({ object, offset, length: file.content.size, files: [file] });
  }
  return groups;
}

/** `again` gets what has to be looked for elsewhere. */
async function fetchGroup(group: Group, options: FetchOptions, again: ToFetch[]): Promise<void> {
  const { parts, signal } = options;
  const [first] = group.files;
  if (group.files.length === 1 && group.length > STREAMED) {
    if ((await stream(first!, first!.location, options)) !== "done") again.push(first!);
    return;
  }
  let bytes: Uint8Array;
  try {
    bytes = await parts.store.get(group.object, { offset: group.offset, length: group.length }, signal);
  } catch (error) {
    if (!(error instanceof StoreError && isOfObject(error))) throw error;
    again.push(...group.files);
    return;
  }
  for (let at = 0; at < group.files.length; at += SYNCED_AT_ONCE) {
    await giveAll(group, group.files.slice(at, at + SYNCED_AT_ONCE), bytes, options, again);
    signal.throwIfAborted();
  }
}

/** Some files of a group, whose bytes are here. When the disk has no room for all, those that it has room for are given out. */
async function giveAll(group: Group, files: Group["files"], bytes: Uint8Array, options: FetchOptions, again: ToFetch[]): Promise<void> {
  const written: { readonly path: Path; readonly temp: TempFile }[] = [];
  const failures: unknown[] = [];
  try {
    for (const file of files) {
      const from = file.location.offset - group.offset;
      const own = bytes.subarray(from, from + file.content.size);
      if (sha256(own) === file.content.hash) written.push({ path: file.path, temp: writeTemp(own, options) });
      else again.push(file);
    }
  } catch (error) {
    failures.push(error);
  }
  try {
    const there = await bringToDisk(written.map(({ temp }) => temp.path));
    for (let next = written.shift(); next !== undefined; next = written.shift()) {
      next.temp.finish(there.has(next.temp.path));
      options.onFile(next.path, next.temp);
    }
  } catch (error) {
    failures.push(error);
  } finally {
    for (const { temp } of written) temp.discard();
  }
  if (failures.length > 0) throw failures[0];
}

/** Once more, and where else devices tell that the content is. */
async function fetchAgain(file: ToFetch, options: FetchOptions): Promise<void> {
  const { state } = options.parts;
  const { hash } = file.content;
  const known = [file.location, state.paths.locationOf(hash), ...state.places.others(hash)].filter((place) => place !== null);
  const places = new Map(known.map((place) => [`${place.object} ${place.offset}`, place]));
  let damaged: string | null = null;
  for (const place of places.values()) {
    const result = await stream(file, place, options);
    if (result === "done") return;
    if (result === "damaged") damaged = place.object;
  }
  options.onProblem(lost(file.path, damaged));
}

async function stream(file: ToFetch, { object, offset }: Location, options: FetchOptions): Promise<"done" | "missing" | "damaged"> {
  const { parts, signal } = options;
  const temp = parts.folder.createTemp();
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const piece of parts.store.read(object, { offset, length: file.content.size }, signal)) {
      hash.update(piece);
      temp.write(piece);
      options.onBytes?.(file.path, (bytes += piece.length));
    }
  } catch (error) {
    temp.discard();
    if (error instanceof StoreError && isOfObject(error)) return error.kind === "not_found" ? "missing" : "damaged";
    throw error;
  }
  if (hash.digest("hex") !== file.content.hash) {
    temp.discard();
    return "damaged";
  }
  temp.finish();
  options.onFile(file.path, temp);
  return "done";
}

function writeTemp(bytes: Uint8Array, { parts }: FetchOptions): TempFile {
  const temp = parts.folder.createTemp();
  temp.write(bytes);
  return temp;
}

function giveEmpty(path: Path, options: FetchOptions): void {
  const temp = writeTemp(new Uint8Array(), options);
  temp.finish();
  options.onFile(path, temp);
}

function lost(path: Path, damaged: string | null): PathProblem {
  const what = damaged === null ? "its content is not in the bucket any more" : `its content in the bucket is damaged (${damaged})`;
  return { path, message: `${what}; on a device that has it: aura-msg sync verify --repair` };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
