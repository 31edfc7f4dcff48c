import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Head } from "../../sync/head.js";
import { parseHead } from "../../sync/head.js";
import { FormatError } from "../../sync/format-error.js";
import { headKey } from "../../sync/keys.js";
import type { ManifestEntry, ManifestHeader } from "../../sync/manifest.js";
import { parseManifest } from "../../sync/manifest-parse.js";
import type { ObjectStore } from "../../sync/ports.js";
import { sha256 } from "./sha256.js";

const unzip = promisify(gunzip);
/** What a manifest may unpack to: some million entries. More would be an attack on the memory. */
const MAX_TEXT_BYTES = 2 ** 30;

export interface ReadManifest {
  readonly key: string;
  readonly header: ManifestHeader;
  readonly entries: readonly ManifestEntry[];
}

/** Rejects with StoreError, or FormatError when it is not what it should be. */
export async function readManifest(store: ObjectStore, key: string, signal?: AbortSignal): Promise<ReadManifest> {
  const bytes = await store.get(key, undefined, signal);
  return { key, ...parseManifest(key, await textOf(key, bytes), sha256) };
}

/** Rejects with StoreError, or FormatError. */
export async function readHead(store: ObjectStore, device: string, rootId: string, signal?: AbortSignal): Promise<Head> {
  const key = headKey(device);
  return parseHead(key, Buffer.from(await store.get(key, undefined, signal)).toString("utf8"), rootId);
}

async function textOf(key: string, bytes: Uint8Array): Promise<string> {
  if (!key.endsWith(".gz")) return Buffer.from(bytes).toString("utf8");
  try {
    return (await unzip(bytes, { maxOutputLength: MAX_TEXT_BYTES })).toString("utf8");
  } catch (cause) {
    throw Object.assign(new FormatError("damaged", `${key} cannot be unpacked; repair it with: aura-msg sync verify`), { cause });
  }
}
