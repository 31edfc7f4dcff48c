import { createHash } from "node:crypto";
import type { ObjectInfo, ObjectStore, PutOptions } from "../../sync/ports.js";
import { StoreError } from "../../sync/ports.js";
import { throwIfAborted } from "./abort.js";
import { checkRange } from "./body.js";
import { MemoryBucket } from "./memory-bucket.js";
import { piecesOf } from "./put-file.js";
import { type PartRequests, putInParts } from "./multipart.js";

export interface MemoryStoreOptions {
  /** Shared by the stores of several devices; a new one when absent. */
  readonly bucket?: MemoryBucket;
  /** Before each key, as `roots/ROOT_ID/` is. */
  readonly prefix?: string;
  /** Parts of one upload at once. */
  readonly maxTransfers?: number;
  /** Bytes; small ones make an upload of many parts cheap. */
  readonly minPartSize?: number;
  /** Objects that one request lists. */
  readonly pageSize?: number;
}

const PIECE = 64 * 1024;

/** An object store in memory, for tests: held to the same conformance suite as the real one. */
export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore & { readonly bucket: MemoryBucket } {
  const { bucket = new MemoryBucket(), prefix = "", maxTransfers = 8, pageSize = 1000 } = options;
  const counts: Record<string, number> = {};

  const request = async <T>(operation: string, signal: AbortSignal | undefined, act: () => T): Promise<T> => {
    throwIfAborted(signal);
    counts[operation] = (counts[operation] ?? 0) + 1;
    await Promise.resolve(); // nobody answers within the call
    throwIfAborted(signal);
    if (bucket.deleted) throw new StoreError("no_bucket", "there is no bucket of this name");
    return act();
  };

  const get: ObjectStore["get"] = async (key, range, signal) => {
    if (range?.length === 0) return new Uint8Array();
    return request("GetObject", signal, () => {
      const { body } = bucket.find(prefix + key);
      if (range !== undefined) checkRange(key, range, body.length);
      return Uint8Array.from(range === undefined ? body : body.subarray(range.offset, range.offset + range.length));
    });
  };

  const partRequests = (key: string, ifAbsent: boolean): PartRequests => ({
    create: (signal) => request("CreateMultipartUpload", signal, () => bucket.begin(key)),
    upload: (id, number, bytes, signal) => request("UploadPart", signal, () => ({ etag: bucket.sendPart(key, id, number, bytes) })),
    listed: (id, signal) =>
      request("ListParts", signal, () => {
        const upload = bucket.uploads.get(id);
        if (upload?.key !== key) return null;
        return new Map([...upload.parts].map(([number, { etag, body }]) => [number, { etag, size: body.length }]));
      }),
    complete: (id, parts, signal) =>
      request("CompleteMultipartUpload", signal, () => ({ etag: bucket.complete(key, id, parts, ifAbsent).etag })),
    abort: (id) => request("AbortMultipartUpload", undefined, () => void bucket.uploads.delete(id)),
  });

  return {
    bucket,
    get,
    async *read(key, range, signal) {
      const bytes = await get(key, range, signal);
      for (let at = 0; at < bytes.length; at += PIECE) {
        throwIfAborted(signal);
        yield bytes.subarray(at, at + PIECE);
      }
    },
    put: (key, body, when: PutOptions = {}) =>
      request("PutObject", when.signal, () => ({ etag: bucket.put(prefix + key, body, undefined, when).etag })),
    async putFile(key, source, when) {
      const pieces: Uint8Array[] = [];
      throwIfAborted(when.signal);
      for await (const piece of piecesOf(source, when)) pieces.push(piece);
      const body = Buffer.concat(pieces);
      return request("PutObject", when.signal, () => {
        if (createHash("sha256").update(body).digest("hex") !== when.sha256)
          throw new StoreError("corrupt", `${key} is not as it was hashed`);
        return { etag: bucket.put(prefix + key, body, undefined, {}).etag };
      });
    },
    putParts: (key, source, when) =>
      putInParts(partRequests(prefix + key, when.ifAbsent ?? false), source, when, {
        maxTransfers,
        ...(options.minPartSize === undefined ? {} : { minPartSize: options.minPartSize }),
        transfer: (_signal, send) => send(),
      }),
    async *list(under, { after, signal } = {}) {
      for (let from = after === undefined ? "" : prefix + after; ;) {
        const page = await request("ListObjectsV2", signal, () => bucket.sorted(prefix + under, from).slice(0, pageSize + 1));
        for (const [key, { body, etag, modifiedMs }] of page.slice(0, pageSize)) {
          yield { key: key.slice(prefix.length), size: body.length, etag, modifiedMs } satisfies ObjectInfo;
        }
        if (page.length <= pageSize) return;
        from = page[pageSize - 1]![0];
      }
    },
    async delete(keys, signal) {
      for (let at = 0; at < keys.length; at += 1000) {
        await request("DeleteObjects", signal, () => {
          for (const key of keys.slice(at, at + 1000)) bucket.objects.delete(prefix + key);
        });
      }
    },
    async *listUploads(under, signal) {
      const found = await request("ListMultipartUploads", signal, () =>
        [...bucket.uploads].filter(([, { key }]) => key.startsWith(prefix + under)),
      );
      for (const [uploadId, { key, initiatedMs }] of found) yield { key: key.slice(prefix.length), uploadId, initiatedMs };
    },
    abortUpload: (key, uploadId) => partRequests(prefix + key, false).abort(uploadId),
    requests: () => ({ ...counts }),
    close() {},
  };
}
