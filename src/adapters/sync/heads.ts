import { FormatError } from "../../sync/format-error.js";
import { DEVICES, parseHeadKey } from "../../sync/keys.js";
import { type ManifestEntry, stateOf } from "../../sync/manifest.js";

import type { Path } from "../../sync/entry.js";
import { type ObjectStore, type PathProblem, StoreError } from "../../sync/ports.js";
import { inParallel } from "./parallel.js";
import { type ReadManifest, readHead, readManifest } from "./read-manifest.js";
import type { SeenHead } from "./state/heads.js";

/** A head as the listing has it. */
export interface ListedHead {
  readonly device: string;
  /** The size where the server gives no ETag. */
  readonly etag: string;
  /** Equal ETags mean equal heads. */
  readonly sure: boolean;
}

/** What a device tells that was not merged yet. */
export interface News {
  readonly head: SeenHead;
  /** Keys of all manifest objects that the head names. */
  readonly objects: readonly string[];
  readonly entries: ReadonlyMap<Path, ManifestEntry>;
}

/** One request. Rejects with StoreError. */
export async function listHeads(store: ObjectStore, signal: AbortSignal): Promise<ListedHead[]> {
  const heads: ListedHead[] = [];
  for await (const { key, etag, size } of store.list(DEVICES, { signal })) {
    const device = parseHeadKey(key);
    if (device !== null) heads.push({ device, etag: etag === "" ? String(size) : etag, sure: etag !== "" });
  }
  return heads;
}

export interface ReadNews {
  readonly store: ObjectStore;
  readonly rootId: string;
  readonly lanes: number;
  readonly isMerged: (object: string) => boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads the given heads, and of what they name all that is not merged yet. What is wrong with one device's objects is a
 * problem of that device alone; others are read. Rejects with StoreError when nobody answers, or nothing may be read.
 */
export async function readNews(
  heads: readonly ListedHead[],
  options: ReadNews,
): Promise<{ readonly news: readonly News[]; readonly problems: readonly PathProblem[] }> {
  const news: News[] = [];
  const problems: PathProblem[] = [];
  await inParallel(heads, options.lanes, async (listed) => {
    try {
      news.push(await readOne(listed, options));
    } catch (error) {
      if (!(error instanceof FormatError) && !(error instanceof StoreError && isOfObject(error))) throw error;
      problems.push({ path: `devices/${listed.device}`, message: error.message });
    }
  });
  return { news, problems };
}

async function readOne({ device, etag }: ListedHead, options: ReadNews): Promise<News> {
  const { store, rootId, lanes, isMerged, signal } = options;
  const head = await readHead(store, device, rootId, signal);
  const seen = { device, etag, manifest: head.manifest, instance: head.instance, seq: head.seq };
  const newest = await readManifest(store, head.manifest, signal);
  const objects = [head.manifest, ...newest.header.bases];
  const layers = new Map<string, ReadManifest>([[newest.key, newest]]);
  const missing = newest.header.bases.filter((key) => !isMerged(key));
  await inParallel(missing, lanes, async (key) => {
    layers.set(key, await readManifest(store, key, signal));
  });
  const oldestFirst = objects.toReversed().flatMap((key) => layers.get(key)?.entries ?? []);
  return { head: seen, objects, entries: stateOf([oldestFirst]) };
}

/** Not there, or not as it was written: no reason to stop reading others. */
export function isOfObject(error: StoreError): boolean {
  return error.kind === "not_found" || error.kind === "corrupt";
}
