import type { ListPartsCommandOutput } from "@aws-sdk/client-s3";
import { StoreError } from "../../sync/ports.js";
import { askWhy } from "./ask-why.js";
import { bareEtag, etagOfParts, quotedEtag } from "./etag.js";
import { codeOf } from "./failure.js";
import { headObject } from "./head-object.js";
import type { ListedPart, PartRequests, SentPart } from "./multipart.js";
import { signedHash } from "./signed-hash.js";
import type { Bucket } from "./store.js";

/** Bytes, on a slow disk. */
const COPIED_PER_MS = 10_000;

/** The requests of a multipart upload of `size` bytes under `key`. */
export function partRequests(bucket: Bucket, key: string, size: number, ifAbsent: boolean): PartRequests {
  const at = { Bucket: bucket.name, Key: bucket.prefix + key };
  const { connection } = bucket;

  /** Tells `gone` for an upload that the server does not know, which has no kind of its own. */
  const orGone = async <T, G>(request: Promise<T>, gone: (error: unknown) => G): Promise<T | G> => {
    try {
      return await request;
    } catch (error) {
      if (error instanceof StoreError && codeOf(error.cause) === "NoSuchUpload") return gone(error);
      throw error;
    }
  };

  return {
    create: (signal) =>
      connection.send({ operation: "CreateMultipartUpload", key, signal }, async ({ sdk, client, abortSignal }) => {
        const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(at), { abortSignal });
        if (UploadId === undefined) throw new StoreError("unsupported", `the server has no multipart uploads (asked for ${key})`);
        return UploadId;
      }),

    async upload(uploadId, number, bytes, signal) {
      const signHash = await signedHash(bytes);
      return connection.send(
        { operation: "UploadPart", key, signal, askWhy: askWhy(bucket, key, bytes.length, {}) },
        async ({ sdk, client, abortSignal }) => {
          const command = new sdk.UploadPartCommand({
            ...at,
            UploadId: uploadId,
            PartNumber: number,
            Body: bytes,
            ContentLength: bytes.length,
          });
          signHash?.(command);
          return { etag: bareEtag((await client.send(command, { abortSignal })).ETag) };
        },
      );
    },

    listed: (uploadId, signal) => orGone(listParts(bucket, key, uploadId, signal), () => null),

    async complete(uploadId, parts, signal) {
      const complete = (): Promise<{ readonly etag: string }> => completeUpload(bucket, key, size, uploadId, parts, ifAbsent, signal);
      return complete().catch((error: unknown) => {
        if (!(ifAbsent && bucket.conditional && error instanceof StoreError && error.kind === "unsupported")) throw error;
        bucket.conditional = false;
        return complete();
      });
    },

    async abort(uploadId) {
      const request = connection.send({ operation: "AbortMultipartUpload", key }, ({ sdk, client, abortSignal }) =>
        client.send(new sdk.AbortMultipartUploadCommand({ ...at, UploadId: uploadId }), { abortSignal }),
      );
      await orGone(request, () => undefined);
    },
  };
}

async function completeUpload(
  bucket: Bucket,
  key: string,
  size: number,
  uploadId: string,
  parts: readonly SentPart[],
  ifAbsent: boolean,
  signal?: AbortSignal,
): Promise<{ readonly etag: string }> {
  let maybeOurs = false;
  // Some servers copy all of it, and say nothing meanwhile.
  const requestTimeout = bucket.connection.timing.idleMs + size / COPIED_PER_MS;
  const request = { operation: "CompleteMultipartUpload", key, signal };
  try {
    return await bucket.connection.send(request, async ({ sdk, client, abortSignal, maybeDone }) => {
      maybeOurs = maybeDone;
      const command = new sdk.CompleteMultipartUploadCommand({
        Bucket: bucket.name,
        Key: bucket.prefix + key,
        UploadId: uploadId,
        MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: quotedEtag(etag) })) },
        ...(ifAbsent && bucket.conditional ? { IfNoneMatch: "*" } : {}),
      });
      return { etag: bareEtag((await client.send(command, { abortSignal, requestTimeout })).ETag) };
    });
  } catch (error) {
    const there = maybeOurs ? await completed(bucket, key, size, parts) : null;
    if (there === null) throw error;
    return there;
  }
}

/** The object, when it is what these parts make: an attempt whose answer was lost has put them together. */
async function completed(bucket: Bucket, key: string, size: number, parts: readonly SentPart[]): Promise<{ readonly etag: string } | null> {
  const there = await headObject(bucket, key).catch(() => null);
  return there?.size === size && there.etag === etagOfParts(parts.map(({ etag }) => etag)) ? there : null;
}

async function listParts(bucket: Bucket, key: string, uploadId: string, signal?: AbortSignal): Promise<ReadonlyMap<number, ListedPart>> {
  const parts = new Map<number, ListedPart>();
  let marker: string | undefined;
  do {
    const page: ListPartsCommandOutput = await bucket.connection.send(
      { operation: "ListParts", key, signal },
      ({ sdk, client, abortSignal }) =>
        client.send(
          new sdk.ListPartsCommand({
            Bucket: bucket.name,
            Key: bucket.prefix + key,
            UploadId: uploadId,
            ...(marker === undefined ? {} : { PartNumberMarker: marker }),
          }),
          { abortSignal },
        ),
    );
    for (const { PartNumber, ETag, Size } of page.Parts ?? []) {
      if (PartNumber !== undefined) parts.set(PartNumber, { etag: bareEtag(ETag), size: Size ?? 0 });
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker !== undefined);
  return parts;
}
