import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { absorb } from "../../sync/absorb.js";
import { encodeHead } from "../../sync/head.js";
import { headKey } from "../../sync/keys.js";
import { encodeManifest, hasBytes, type EncodedManifest, type ManifestEntry } from "../../sync/manifest.js";
import { StoreError } from "../../sync/ports.js";
import { iso } from "../../sync/times.js";
import { listHeads } from "./heads.js";
import { rollBack, twoWriters, wrote } from "./own-head.js";
import type { RootParts } from "./parts.js";
import { readHead } from "./read-manifest.js";
import { sha256 } from "./sha256.js";
import type { OwnManifest, PendingHead } from "./state/meta.js";
import { type Row, TOLD_BY_OTHERS, UNTOLD } from "./state/row.js";

const zip = promisify(gzip);

/** So much that only others tell is told by this device too: should one of them go, its files have another who names them. */
const MUCH = 1000;

/** Bytes of the database's log with which a tick does not go on; a smaller one is folded when the tick is over. */
const LONG_LOG = 64 << 20;

/** Whether there is something to tell. `quiet`: nothing else happens, so what others tell may be told too. */
export function hasToTell({ state }: Pick<RootParts, "state">, quiet: boolean): boolean {
  if (state.paths.count(UNTOLD) > 0) return true;
  const others = state.paths.count(TOLD_BY_OTHERS);
  return others >= MUCH || (others > 0 && (quiet || (state.meta.get("own")?.chain.length ?? 0) === 0));
}

/**
 * Writes a manifest of what was not told yet, then the head that names it. What was written and never heard of again is
 * found out by the next tick. Rejects with StoreError, or AuraError when another machine writes as this device.
 */
export async function publish(parts: RootParts, signal: AbortSignal): Promise<void> {
  const { store, state } = parts;
  const { manifest, pending } = prepare(parts);
  const text = Buffer.from(manifest.text);
  await store.put(manifest.key, manifest.gzip ? await zip(text, { level: 4 }) : text, { signal });
  await writeHead(parts, pending, signal);
  parts.log.debug({ root: parts.identity.rootId, manifest: manifest.key, entries: manifest.header.entries }, "told");
  state.tidy(LONG_LOG);
}

/** From here on the rows say that they are told by it; `pending` says that they may not be. */
function prepare({ state, identity, now }: RootParts): { readonly manifest: EncodedManifest; readonly pending: PendingHead } {
  const own = state.meta.get("own");
  const chain = own?.chain ?? [];
  const count = state.paths.count(UNTOLD) + state.paths.count(TOLD_BY_OTHERS);
  const kept = chain.slice(absorb(count, chain).absorbed.length);
  const since = kept.length === chain.length ? Number.MAX_SAFE_INTEGER : chain[chain.length - kept.length - 1]!.seq;
  const seq = Math.max(own?.seq ?? 0, state.meta.get("seq") ?? 0) + 1;
  const { rootId: root_id, deviceId: device_id } = identity;
  return state.transaction(() => {
    const entries = state.paths.toTell(since, entryOf);
    const bases = kept.map(({ key }) => key);
    const about = { root_id, device_id, seq, time: iso(now()), parent: chain[0]?.key ?? null, bases };
    const manifest = encodeManifest(about, entries, sha256);
    const newest: OwnManifest = { key: manifest.key, seq, entries: entries.length };
    const pending = { seq, chain: [newest, ...kept] };
    state.paths.tell(since, seq);
    state.meta.set("seq", seq);
    state.meta.set("pending", pending);
    return { manifest, pending };
  });
}

function entryOf({ path, want, location }: Row): ManifestEntry {
  return { path, entry: want!, location: hasBytes(want!.content) ? location : null };
}

async function writeHead(parts: RootParts, pending: PendingHead, signal: AbortSignal): Promise<void> {
  const { store, state, identity, now } = parts;
  const { rootId: root_id, deviceId: device_id } = identity;
  const head = encodeHead({
    root_id,
    device_id,
    manifest: pending.chain[0]!.key,
    seq: pending.seq,
    time: iso(now()),
    instance: state.instance,
  });
  const own = state.meta.get("own");
  const condition = own === null ? { ifAbsent: true } : { ifMatch: own.etag };
  try {
    const { etag } = await store.put(headKey(device_id), Buffer.from(head), { ...condition, signal });
    wrote(parts, { ...pending, etag });
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === "precondition")) throw error;
    await findOwn(parts, pending, signal);
  }
}

/** The head is not the one that was to be replaced: an answer was lost and it is there, or it is somebody else's. */
async function findOwn(parts: RootParts, pending: PendingHead, signal: AbortSignal): Promise<void> {
  const { store, identity } = parts;
  const listed = (await listHeads(store, signal)).find(({ device }) => device === identity.deviceId);
  const head = listed === undefined ? null : await readHead(store, identity.deviceId, identity.rootId, signal);
  if (listed !== undefined && head?.manifest === pending.chain[0]!.key) return wrote(parts, { ...pending, etag: listed.etag });
  rollBack(parts);
  if (head === null) throw new StoreError("failed", `${headKey(identity.deviceId)} was deleted meanwhile; the next tick writes it again`);
  throw twoWriters(parts);
}
