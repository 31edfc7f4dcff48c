import { parseStampMs, stampMs } from "./times.js";

/*
 * All keys of a root in the bucket, relative to `rootPrefix`. They are stored: what is written once is read for ever.
 */

export const DEVICES = "devices/";
export const MANIFESTS = "manifests/";
export const PACKS = "packs/";
export const BLOBS = "blobs/";

/** Of roots and devices. */
export const DEVICE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const HASH = /^[0-9a-f]{64}$/;

const HEAD = /^devices\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})\/head\.json$/;
const MANIFEST = /^manifests\/(\d{8}T\d{9}Z)-([A-Za-z0-9][A-Za-z0-9._-]{0,63})-(\d{10})-([0-9a-f]{16})\.ndjson(\.gz)?$/;
const CONTENT = /^(packs|blobs)\/([0-9a-f]{2})\/([0-9a-f]{64})$/;

export function rootPrefix(rootId: string): string {
  return `roots/${rootId}/`;
}

export function headKey(device: string): string {
  return `${DEVICES}${device}/head.json`;
}

/** The device; null when it is no head. */
export function parseHeadKey(key: string): string | null {
  return HEAD.exec(key)?.[1] ?? null;
}

export function packKey(hash: string): string {
  return `${PACKS}${hash.slice(0, 2)}/${hash}`;
}

export function blobKey(hash: string): string {
  return `${BLOBS}${hash.slice(0, 2)}/${hash}`;
}

/** Null when it is neither a pack nor a blob. */
export function contentKind(key: string): { readonly kind: "pack" | "blob"; readonly hash: string } | null {
  const [, folder, prefix, hash] = CONTENT.exec(key) ?? [];
  if (hash === undefined || !hash.startsWith(prefix!)) return null;
  return { kind: folder === "packs" ? "pack" : "blob", hash };
}

export interface ManifestKey {
  readonly key: string;
  /** By the clock of its device. */
  readonly timeMs: number;
  readonly device: string;
  readonly seq: number;
  /** First 16 hex digits of the SHA-256 of its text, before compression. */
  readonly hash16: string;
  readonly gzip: boolean;
}

export function manifestKey({ timeMs, device, seq, hash16, gzip }: Omit<ManifestKey, "key">): string {
  return `${MANIFESTS}${stampMs(timeMs)}-${device}-${String(seq).padStart(10, "0")}-${hash16}.ndjson${gzip ? ".gz" : ""}`;
}

/** Null when it is no manifest. */
export function parseManifestKey(key: string): ManifestKey | null {
  const [, time, device, seq, hash16, ending] = MANIFEST.exec(key) ?? [];
  const timeMs = time === undefined ? null : parseStampMs(time);
  if (timeMs === null) return null;
  return { key, timeMs, device: device!, seq: Number(seq), hash16: hash16!, gzip: ending !== undefined };
}

/** What people call a manifest by: its key without folder and ending. */
export function manifestId(key: string): string {
  return key.replace(/^manifests\//, "").replace(/\.ndjson(\.gz)?$/, "");
}
