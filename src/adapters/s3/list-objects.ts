import type { ListMultipartUploadsCommandOutput, ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { ObjectInfo, PendingUpload } from "../../sync/ports.js";
import { bareEtag } from "./etag.js";
import type { Bucket } from "./store.js";

/** `ObjectStore.list`: a request for each 1000. */
export async function* listObjects(
  bucket: Bucket,
  prefix: string,
  { after, signal }: { readonly after?: string; readonly signal?: AbortSignal },
): AsyncIterable<ObjectInfo> {
  let token: string | undefined;
  do {
    const page: ListObjectsV2CommandOutput = await bucket.connection.send(
      { operation: "ListObjectsV2", key: prefix, signal },
      ({ sdk, client, abortSignal }) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket.name,
            Prefix: bucket.prefix + prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
            ...(after === undefined ? {} : { StartAfter: bucket.prefix + after }),
          }),
          { abortSignal },
        ),
    );
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
      if (Key === undefined) continue;
      yield { key: Key.slice(bucket.prefix.length), size: Size ?? 0, etag: bareEtag(ETag), modifiedMs: LastModified?.getTime() ?? 0 };
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** `ObjectStore.listUploads`. MinIO tells of uploads only when the prefix is a whole key; it ends old ones by itself. */
export async function* listUploads(bucket: Bucket, prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload> {
  let after: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
  while (after !== undefined) {
    const markers: object = after;
    const page: ListMultipartUploadsCommandOutput = await bucket.connection.send(
      { operation: "ListMultipartUploads", key: prefix, signal },
      ({ sdk, client, abortSignal }) =>
        client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: bucket.prefix + prefix, ...markers }), {
          abortSignal,
        }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      yield { key: Key.slice(bucket.prefix.length), uploadId: UploadId, initiatedMs: Initiated?.getTime() ?? 0 };
    }
    after =
      page.IsTruncated && page.NextKeyMarker !== undefined
        ? { KeyMarker: page.NextKeyMarker, ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }) }
        : undefined;
  }
}
