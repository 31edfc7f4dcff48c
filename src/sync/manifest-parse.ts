import type { Content, Entry, Location, Vector } from "./entry.js";
import { checkFormat, count, device, matching, parseFields, reading, text, time, Wrong, type Fields } from "./fields.js";
import { contentKind, DEVICE_ID, HASH, parseManifestKey } from "./keys.js";
import { hasBytes, type Hash, type ManifestEntry, type ManifestHeader } from "./manifest.js";
import { pathProblem } from "./path.js";
import { iso } from "./times.js";

const FIX = "aura-msg sync verify --repair on a device that has everything writes it anew";
/** A device, or nobody (`-`): a folder that was made only because something is in it. */
const BY = /^(-|[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;
/** A device, or what a version of unknown history was made of (`originVector`). */
const VECTOR_KEY = /^(=.+|[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/s;

/**
 * Reads a manifest: `text` is what the object holds, uncompressed. Throws FormatError, one line, when anything in it is not
 * as `encodeManifest` writes it; fields that it does not know are left out.
 */
export function parseManifest(
  key: string,
  content: string,
  hash: Hash,
): { readonly header: ManifestHeader; readonly entries: ManifestEntry[] } {
  let line = 0;
  const where = (): string => (line === 0 ? key : `line ${line} of ${key}`);
  return reading(where, FIX, () => {
    const named = parseManifestKey(key);
    if (named === null) throw new Wrong("it is no manifest's key");
    if (hash(content).slice(0, 16) !== named.hash16) throw new Wrong("its bytes are not those that were written");
    if (!content.endsWith("\n")) throw new Wrong("its end is missing");
    const lines = content.slice(0, -1).split("\n");
    line = 1;
    const fields = parseFields(lines[0]!);
    checkFormat(key, fields);
    const header = headerOf(fields);
    if (header.device_id !== named.device || header.seq !== named.seq || Date.parse(header.time) !== named.timeMs) {
      throw new Wrong("device_id, seq and time are not those of the key");
    }
    if (header.entries !== lines.length - 1) throw new Wrong(`it tells of ${header.entries} entries, ${lines.length - 1} follow`);
    const shared = new Map<string, unknown>();
    const entries: ManifestEntry[] = [];
    let before = "";
    for (line = 2; line <= lines.length; line++) {
      const entry = entryOf(parseFields(lines[line - 1]!), shared);
      if (entry.path <= before) throw new Wrong(`path ${JSON.stringify(entry.path)} does not come after the one before`);
      before = entry.path;
      entries.push(entry);
    }
    return { header, entries };
  });
}

function headerOf(fields: Fields): ManifestHeader {
  const { parent, bases } = fields;
  if (parent !== null && (typeof parent !== "string" || parseManifestKey(parent) === null)) throw new Wrong("parent is no manifest's key");
  if (!Array.isArray(bases) || !bases.every((base): base is string => typeof base === "string" && parseManifestKey(base) !== null)) {
    throw new Wrong("bases are no manifests' keys");
  }
  return {
    format: 1,
    root_id: matching(fields, "root_id", DEVICE_ID),
    device_id: device(fields, "device_id"),
    seq: count(fields, "seq"),
    time: iso(time(fields, "time")),
    parent,
    bases,
    entries: count(fields, "entries"),
  };
}

function entryOf(fields: Fields, shared: Map<string, unknown>): ManifestEntry {
  const path = text(fields, "path");
  const problem = pathProblem(path);
  if (problem !== null) throw new Wrong(`path ${JSON.stringify(path.slice(0, 200))} ${problem}`);
  const content = contentOf(fields);
  const entry: Entry = {
    content,
    vector: vectorOf(fields["vector"], shared),
    by: once(shared, matching(fields, "by", BY)),
    mtimeMs: time(fields, "mtime"),
  };
  return { path, entry, location: hasBytes(content) ? locationOf(fields, content, shared) : null };
}

function contentOf(fields: Fields): Content {
  const { type, exec } = fields;
  if (type === "dir" || type === "gone") return { type };
  if (type === "link") return { type, target: text(fields, "target") };
  if (type !== "file") throw new Wrong(`type ${JSON.stringify(type)} is not known`);
  if (exec !== undefined && typeof exec !== "boolean") throw new Wrong("exec is neither true nor false");
  return { type, hash: matching(fields, "hash", HASH), size: count(fields, "size"), exec: exec === true };
}

function locationOf(fields: Fields, content: Content, shared: Map<string, unknown>): Location {
  const object = text(fields, "in");
  const offset = count(fields, "offset");
  const kind = contentKind(object);
  if (kind === null) throw new Wrong(`in ${JSON.stringify(object.slice(0, 100))} is neither a pack nor a blob`);
  if (kind.kind === "blob" && (offset !== 0 || content.type !== "file" || kind.hash !== content.hash)) {
    throw new Wrong("in is the blob of another content");
  }
  return { object: once(shared, object), offset };
}

/** Thousands of entries have the same vector: one object for all of them. */
function vectorOf(value: unknown, shared: Map<string, unknown>): Vector {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Wrong("vector is no JSON object");
  const key = JSON.stringify(value);
  const known = shared.get(key);
  if (known !== undefined) return known as Vector;
  for (const [name, counter] of Object.entries(value)) {
    if (!VECTOR_KEY.test(name) || !Number.isSafeInteger(counter) || counter < 1)
      throw new Wrong(`vector has ${JSON.stringify(name.slice(0, 100))}`);
  }
  shared.set(key, value);
  return value as Vector;
}

function once(shared: Map<string, unknown>, value: string): string {
  const known = shared.get(value);
  if (known !== undefined) return known as string;
  shared.set(value, value);
  return value;
}
