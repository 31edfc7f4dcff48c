import { AuraError } from "../shared/errors.js";
import { byPath } from "./classify.js";
import type { Content, Entry, Location, Path, Vector } from "./entry.js";
import { manifestKey } from "./keys.js";
import { pathProblem } from "./path.js";
import { iso, parseIso } from "./times.js";
import { byteLength } from "./utf8.js";

/** SHA-256 in 64 hex digits; of a text: of its UTF-8. */
export type Hash = (data: string | Uint8Array) => string;

/** The first line of a manifest. */
export interface ManifestHeader {
  readonly format: 1;
  readonly root_id: string;
  readonly device_id: string;
  /** One more than that of the manifest before. */
  readonly seq: number;
  /** RFC 3339 with ms, by the clock of the device; for people. */
  readonly time: string;
  /** Key of the manifest that this device told before; null: this is its first. */
  readonly parent: string | null;
  /** Keys of the manifests on which this one builds, newest first. */
  readonly bases: readonly string[];
  /** Lines that follow. */
  readonly entries: number;
}

export interface ManifestEntry {
  readonly path: Path;
  readonly entry: Entry;
  /** Of a file that has bytes; null for anything else. */
  readonly location: Location | null;
}

export interface EncodedManifest {
  readonly key: string;
  readonly header: ManifestHeader;
  readonly text: string;
  /** The object is the text gzipped. */
  readonly gzip: boolean;
}

/** Larger ones are compressed. */
const PLAIN_LIMIT = 64 * 1024;

/**
 * One line of JSON each: the header, then the entries by path (in the order of UTF-16 code units). Throws AuraError
 * `internal` for what `parseManifest` would refuse: nobody could read a manifest that has such a line in it.
 */
export function encodeManifest(
  about: Omit<ManifestHeader, "format" | "entries">,
  entries: Iterable<ManifestEntry>,
  hash: Hash,
): EncodedManifest {
  const sorted = [...entries].sort(byPath);
  const { root_id, device_id, seq, time, parent, bases } = about;
  const header: ManifestHeader = { format: 1, root_id, device_id, seq, time, parent, bases, entries: sorted.length };
  const text = `${[header, ...sorted.map(lineOf)].map((line) => JSON.stringify(line)).join("\n")}\n`;
  const gzip = text.length > PLAIN_LIMIT || (text.length > PLAIN_LIMIT / 3 && byteLength(text) > PLAIN_LIMIT);
  const timeMs = parseIso(time);
  if (timeMs === null) throw new AuraError("internal", `${time} is no time of a manifest`);
  return { key: manifestKey({ timeMs, device: device_id, seq, hash16: hash(text).slice(0, 16), gzip }), header, text, gzip };
}

/** The state that manifests add up to, from the oldest base to the newest: the later entry of a path holds. */
export function stateOf(layers: Iterable<Iterable<ManifestEntry>>): Map<Path, ManifestEntry> {
  const state = new Map<Path, ManifestEntry>();
  for (const layer of layers) for (const entry of layer) state.set(entry.path, entry);
  return state;
}

function lineOf({ path, entry, location }: ManifestEntry): Readonly<Record<string, unknown>> {
  const problem = pathProblem(path);
  if (problem !== null) throw new AuraError("internal", `${JSON.stringify(path)} ${problem} and was to be told`);
  if ((location === null) === hasBytes(entry.content)) {
    throw new AuraError(
      "internal",
      `${JSON.stringify(path)} was to be told ${location === null ? "without" : "with"} a place in the bucket`,
    );
  }
  return {
    path,
    ...fieldsOf(entry.content),
    mtime: iso(entry.mtimeMs),
    vector: sorted(entry.vector),
    by: entry.by,
    ...(location === null ? {} : { in: location.object, offset: location.offset }),
  };
}

/** Whether an entry has to tell where its bytes are. */
export function hasBytes(content: Content): boolean {
  return content.type === "file" && content.size > 0;
}

function fieldsOf(content: Content): Readonly<Record<string, unknown>> {
  if (content.type === "link") return { type: "link", target: content.target };
  if (content.type !== "file") return { type: content.type };
  return { type: "file", hash: content.hash, size: content.size, ...(content.exec ? { exec: true } : {}) };
}

function sorted(vector: Vector): Vector {
  const devices = Object.keys(vector);
  return devices.length < 2 ? vector : Object.fromEntries(devices.sort().map((device) => [device, vector[device]!]));
}
