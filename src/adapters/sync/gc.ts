import { AuraError } from "../../shared/errors.js";
import { collect, manifestsToRead } from "../../sync/collect.js";
import type { GcReport } from "../../sync/engine-port.js";
import { FormatError } from "../../sync/format-error.js";
import { BLOBS, MANIFESTS, PACKS } from "../../sync/keys.js";
import { type ObjectInfo, type PendingUpload, StoreError } from "../../sync/ports.js";
import { isOfObject, listHeads } from "./heads.js";
import { inParallel } from "./parallel.js";
import type { RootParts } from "./parts.js";
import { readHead, readManifest } from "./read-manifest.js";
import { forgetPlaces } from "./replace-missing.js";

export interface GcOptions {
  readonly apply: boolean;
  /** What is younger stays, ms. */
  readonly windowMs: number;
  /** Manifests younger than this stay restorable, ms. */
  readonly historyMs: number;
}

interface ReadObject {
  readonly key: string;
  readonly bases: readonly string[];
  readonly objects: ReadonlySet<string>;
}

/**
 * Finds what nothing in the bucket needs, and deletes it with `apply`. Rejects with AuraError `sync_failed` when it cannot be
 * known what is needed, or StoreError.
 */
export async function collectGarbage(parts: RootParts, { apply, windowMs, historyMs }: GcOptions, signal: AbortSignal): Promise<GcReport> {
  const { store, state } = parts;
  const listed: ObjectInfo[] = [];
  for (const prefix of [MANIFESTS, PACKS, BLOBS]) for await (const one of store.list(prefix, { signal })) listed.push(one);
  const pending: PendingUpload[] = [];
  for await (const one of store.listUploads("", signal)) pending.push(one);
  // After the listing: what a head names since then is either listed, or younger than all that is.
  const heads = await headsOf(parts, signal);
  const windows = { nowMs: serverTime(listed, pending), safetyMs: windowMs, historyMs };
  const manifests = await readAll(parts, manifestsToRead({ heads, listed, ...windows }), signal);
  const collected = collect({ heads, manifests, listed, ...windows });
  if (collected.refused !== null) {
    throw new AuraError("sync_failed", collected.refused, { fix: "on a device that has everything: aura-msg sync verify --repair" });
  }
  const own = objectsInUse(parts);
  const objects = collected.delete.filter(({ key }) => !own.has(key));
  const resumed = new Set(state.uploads.all().map(({ uploadId }) => uploadId));
  const uploads = pending.filter(({ uploadId, initiatedMs }) => !resumed.has(uploadId) && initiatedMs <= windows.nowMs - windowMs);
  if (apply) {
    const deleted = new Set(objects.map(({ key }) => key));
    forgetPlaces(state, (object) => deleted.has(object));
    await store.delete([...deleted], signal);
    for (const { key, uploadId } of uploads) await store.abortUpload(key, uploadId);
  }
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  return { objects: objects.map(({ key, size }) => ({ key, size })), bytes, uploads: uploads.length, deleted: apply };
}

async function headsOf({ store, identity }: RootParts, signal: AbortSignal): Promise<string[]> {
  const heads: string[] = [];
  for (const { device } of await listHeads(store, signal)) {
    heads.push((await readHead(store, device, identity.rootId, signal)).manifest);
  }
  return heads;
}

/** The server's clock, as late as anything in the bucket proves it to be: too early a time only keeps more. */
function serverTime(listed: readonly ObjectInfo[], pending: readonly PendingUpload[]): number {
  let latest = 0;
  for (const { modifiedMs } of listed) latest = Math.max(latest, modifiedMs);
  for (const { initiatedMs } of pending) latest = Math.max(latest, initiatedMs);
  return latest;
}

/** Manifests and their bases, each once. Those that are not there, or not as they should be, are left out. */
async function readAll({ store, limits }: RootParts, keys: readonly string[], signal: AbortSignal): Promise<readonly ReadObject[]> {
  const read = new Map<string, ReadObject>();
  const readEach = async (some: Iterable<string>): Promise<void> => {
    await inParallel(new Set(some), limits.maxTransfers, async (key) => {
      if (read.has(key)) return;
      try {
        const { header, entries } = await readManifest(store, key, signal);
        const objects = new Set(entries.flatMap(({ location }) => (location === null ? [] : [location.object])));
        read.set(key, { key, bases: header.bases, objects });
      } catch (error) {
        if (!(error instanceof FormatError) && !(error instanceof StoreError && isOfObject(error))) throw error;
      }
    });
  };
  await readEach(keys);
  await readEach([...read.values()].flatMap(({ bases }) => bases));
  return [...read.values()];
}

/** What this device has uploaded and is about to tell. */
function objectsInUse({ state }: RootParts): ReadonlySet<string> {
  const objects = new Set([...state.places.allUploaded().values()].map(({ object }) => object));
  state.paths.toTell(Number.MAX_SAFE_INTEGER, ({ location }) => void (location !== null && objects.add(location.object)));
  return objects;
}
