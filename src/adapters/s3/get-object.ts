import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { type ByteRange, StoreError } from "../../sync/ports.js";
import { linkedAbort } from "./abort.js";
import { checkRange, piecesOf, wholeOf } from "./body.js";
import type { Attempt } from "./connection.js";
import { bareEtag, quotedEtag } from "./etag.js";
import type { Bucket } from "./store.js";

/** A connection that broke after so many bytes was worth it; after some that were not, nothing better is to come. */
const ENOUGH = 1024 * 1024;
const MAX_BROKEN = 5;

interface Got {
  readonly length: number;
  readonly etag: string;
  readonly pieces: AsyncGenerator<Uint8Array>;
}

/** `ObjectStore.get`. A body that came damaged is asked for again. */
export async function getObject(bucket: Bucket, key: string, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
  if (range?.length === 0) return new Uint8Array();
  const get = (): Promise<Whole> => getWhole(bucket, key, signal, range);
  // Whole objects are heads and manifests, which no transfer is to hold up.
  const { body } = await (range === undefined ? get() : bucket.throttle.transfers.run(signal, get));
  return body;
}

export interface Whole {
  readonly body: Uint8Array;
  readonly etag: string;
}

export function getWhole(bucket: Bucket, key: string, signal?: AbortSignal, range?: ByteRange): Promise<Whole> {
  return bucket.connection.send({ operation: "GetObject", key, signal }, async (attempt) => {
    const { pieces, length, etag } = await ask(bucket, key, attempt, range);
    return { body: await wholeOf(pieces, length), etag };
  });
}

/** `ObjectStore.read`. Goes on where a connection broke, of the same version of the object. */
export async function* readObject(bucket: Bucket, key: string, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  if (range.length === 0) return;
  const { connection, throttle } = bucket;
  const abort = linkedAbort(signal, connection.signal);
  const request = { operation: "GetObject", key, signal: abort.signal };
  let end: (() => void) | undefined;
  try {
    end = await throttle.transfers.begin(abort.signal);
    let etag: string | undefined;
    for (let done = 0, broken = 0; done < range.length;) {
      const from = done;
      const rest = { offset: range.offset + done, length: range.length - done };
      // Each request gives its first piece at once, so that what goes wrong up to there is tried again in the usual way.
      const { first, got } = await connection.send(request, async (attempt) => {
        const answer = await ask(bucket, key, { ...attempt, abortSignal: abort.signal }, rest, etag);
        return { got: answer, first: await answer.pieces.next() };
      });
      etag = got.etag;
      try {
        for (let piece = first; piece.done !== true; piece = await got.pieces.next()) {
          done += piece.value.length;
          yield piece.value;
        }
      } catch (error) {
        const failure = connection.failureOf(error, request);
        broken = done - from < ENOUGH ? broken + 1 : 0;
        if (failure.retry === "never" || broken >= MAX_BROKEN) throw failure.error;
      } finally {
        await got.pieces.return(undefined);
      }
    }
  } finally {
    end?.();
    abort.unlink();
  }
}

async function ask(bucket: Bucket, key: string, attempt: Attempt, range?: ByteRange, ifMatch?: string): Promise<Got> {
  const { sdk, client, abortSignal } = attempt;
  const command = new sdk.GetObjectCommand({
    Bucket: bucket.name,
    Key: bucket.prefix + key,
    // Servers give the checksum of a whole object only.
    ...(range === undefined ? { ChecksumMode: "ENABLED" } : { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    ...(ifMatch === undefined ? {} : { IfMatch: quotedEtag(ifMatch) }),
  });
  const output = await client.send(command, { abortSignal });
  const length = lengthOf(key, output, range);
  const body = output.Body as AsyncIterable<Uint8Array>;
  return { length, etag: bareEtag(output.ETag), pieces: piecesOf(body, length, bucket.throttle.download, abortSignal) };
}

/** Bytes that are to come. */
function lengthOf(key: string, output: GetObjectCommandOutput, range: ByteRange | undefined): number {
  const length = output.ContentLength;
  if (length === undefined) throw new StoreError("unsupported", `the server does not tell how long ${key} is`);
  if (range === undefined || length === range.length) return length;
  destroy(output);
  checkRange(key, range, Number(/\/(\d+)$/.exec(output.ContentRange ?? "")?.[1] ?? range.offset + length));
  throw new StoreError("unsupported", `the server gives ${length} bytes of ${key} where ${range.length} were asked for`);
}

function destroy(output: GetObjectCommandOutput): void {
  (output.Body as { destroy?: () => void } | undefined)?.destroy?.();
}
