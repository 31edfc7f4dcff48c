import { StoreError } from "../../sync/ports.js";
import { bareEtag } from "./etag.js";
import type { Bucket } from "./store.js";

/** What the server tells of an object; null when it is not there. */
export async function headObject(
  bucket: Bucket,
  key: string,
  signal?: AbortSignal,
): Promise<{ readonly etag: string; readonly size: number } | null> {
  try {
    return await bucket.connection.send({ operation: "HeadObject", key, signal }, async ({ sdk, client, abortSignal }) => {
      const { ETag, ContentLength } = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket.name, Key: bucket.prefix + key }), {
        abortSignal,
      });
      return { etag: bareEtag(ETag), size: ContentLength ?? 0 };
    });
  } catch (error) {
    if (error instanceof StoreError && error.kind === "not_found") return null;
    throw error;
  }
}
