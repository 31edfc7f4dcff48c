import { Readable } from "node:stream";
import { type FileSource, type PutFileOptions, StoreError } from "../../sync/ports.js";
import { askWhy } from "./ask-why.js";
import { bareEtag } from "./etag.js";
import { signAs } from "./signed-hash.js";
import type { Bucket } from "./store.js";

const PIECE = 1024 * 1024;

/** `ObjectStore.putFile`. */
export function putFile(bucket: Bucket, key: string, source: FileSource, options: PutFileOptions): Promise<{ readonly etag: string }> {
  const { signal, sha256 } = options;
  const request = { operation: "PutObject", key, signal, askWhy: askWhy(bucket, key, source.size, {}) };
  return bucket.throttle.transfers.run(signal, () =>
    bucket.connection.send(request, async ({ sdk, client, abortSignal }) => {
      const body = Readable.from(piecesOf(source, options), { objectMode: false, highWaterMark: PIECE });
      try {
        const command = new sdk.PutObjectCommand({ Bucket: bucket.name, Key: bucket.prefix + key, Body: body, ContentLength: source.size });
        signAs(command, sha256);
        return { etag: bareEtag((await client.send(command, { abortSignal })).ETag) };
      } finally {
        body.destroy();
      }
    }),
  );
}

/** The bytes of a file, in order. Throws StoreError `changed`. */
export async function* piecesOf(source: FileSource, { onSent, beforeEnd }: Omit<PutFileOptions, "sha256">): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < source.size; offset += PIECE) {
    const length = Math.min(PIECE, source.size - offset);
    yield await read(source, { offset, length }, offset + length === source.size ? beforeEnd : undefined);
    onSent?.(offset + length);
  }
}

async function read(source: FileSource, range: Parameters<FileSource["read"]>[0], after: (() => void) | undefined): Promise<Uint8Array> {
  try {
    const bytes = await source.read(range);
    after?.();
    return bytes;
  } catch (error) {
    throw new StoreError("changed", (error as Error).message, { cause: error });
  }
}
