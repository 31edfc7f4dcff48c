import { AuraError } from "../../shared/errors.js";
import { isLive } from "../../sync/content.js";
import type { Path } from "../../sync/entry.js";
import type { ManifestInfo, RestorePoint } from "../../sync/engine-port.js";
import { manifestId, type ManifestKey, MANIFESTS, parseManifestKey } from "../../sync/keys.js";
import { type ManifestEntry, stateOf } from "../../sync/manifest.js";
import { mergeEntries } from "../../sync/merge.js";
import type { ObjectStore } from "../../sync/ports.js";
import { inParallel } from "./parallel.js";
import { readManifest } from "./read-manifest.js";

/** Every manifest in the bucket, newest first by the clocks of their devices. */
export async function listManifests(store: ObjectStore, signal?: AbortSignal): Promise<ManifestKey[]> {
  const keys: ManifestKey[] = [];
  for await (const { key } of store.list(MANIFESTS, signal === undefined ? {} : { signal })) {
    const parsed = parseManifestKey(key);
    if (parsed !== null) keys.push(parsed);
  }
  return keys.sort((a, b) => b.timeMs - a.timeMs || b.seq - a.seq || (a.device < b.device ? -1 : 1));
}

export function infoOf({ key, device, timeMs, seq }: ManifestKey): ManifestInfo {
  return { id: manifestId(key), device, timeMs, seq };
}

export interface PastState {
  /** The id of the manifest asked for; of a time: of the newest at that time. */
  readonly manifest: string;
  readonly entries: ReadonlyMap<Path, ManifestEntry>;
}

/**
 * What the root was at a point: what the manifest asked for says (of a time: each device's newest by then), and of paths that
 * it does not tell of, what the other devices had told by that time. Throws AuraError `not_found`, `usage`.
 */
export async function pastState(store: ObjectStore, at: RestorePoint, lanes: number): Promise<PastState> {
  const all = await listManifests(store);
  const chosen = "manifest" in at ? named(all, at.manifest) : null;
  const timeMs = chosen?.timeMs ?? (at as { readonly timeMs: number }).timeMs;
  const newest = new Map<string, ManifestKey>();
  for (const one of all) if (one.timeMs <= timeMs && !newest.has(one.device)) newest.set(one.device, one);
  if (chosen !== null) newest.delete(chosen.device);
  const first = chosen ?? [...newest.values()][0];
  if (first === undefined) {
    throw new AuraError("not_found", `nothing was told before ${new Date(timeMs).toISOString()}`, {
      fix: "see the times with: aura-msg sync log",
    });
  }
  const states: ReadonlyMap<Path, ManifestEntry>[] = [];
  await inParallel(newest.values(), lanes, async ({ key }) => void states.push(await stateAt(store, key, lanes)));
  const entries = new Map(chosen === null ? [] : await stateAt(store, chosen.key, lanes));
  const told = new Set(entries.keys());
  for (const state of states) {
    for (const [path, entry] of state) {
      const other = entries.get(path);
      if (!told.has(path) && (other === undefined || mergeEntries(other.entry, entry.entry).winner !== other.entry))
        entries.set(path, entry);
    }
  }
  return { manifest: manifestId(first.key), entries };
}

/** Live entries at and below a path; `""` is the root. */
export function entriesUnder(entries: ReadonlyMap<Path, ManifestEntry>, path: Path): ManifestEntry[] {
  const found: ManifestEntry[] = [];
  for (const one of entries.values()) {
    if (isLive(one.entry.content) && (path === "" || one.path === path || one.path.startsWith(`${path}/`))) found.push(one);
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function stateAt(store: ObjectStore, key: string, lanes: number): Promise<Map<Path, ManifestEntry>> {
  const newest = await readManifest(store, key);
  const layers: (readonly ManifestEntry[])[] = [newest.entries];
  await inParallel(newest.header.bases.entries(), lanes, async ([i, base]) => {
    layers[i + 1] = (await readManifest(store, base)).entries;
  });
  return stateOf(layers.toReversed());
}

function named(all: readonly ManifestKey[], id: string): ManifestKey {
  const found = all.filter(({ key }) => manifestId(key).startsWith(id));
  const exact = found.find(({ key }) => manifestId(key) === id);
  if (exact !== undefined) return exact;
  if (found.length === 1 && id !== "") return found[0]!;
  const fix = "see their ids with: aura-msg sync log";
  if (found.length === 0) throw new AuraError("not_found", `there is no manifest ${id}`, { fix });
  throw new AuraError("usage", `${id || "an empty id"} is the beginning of ${found.length} manifests`, { fix });
}
