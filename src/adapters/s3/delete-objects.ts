import { StoreError } from "../../sync/ports.js";
import type { Bucket } from "./store.js";

/** What one request deletes at most. */
const BATCH = 1000;

/** `ObjectStore.delete`. */
export async function deleteObjects(bucket: Bucket, keys: readonly string[], signal?: AbortSignal): Promise<void> {
  for (let at = 0; at < keys.length; at += BATCH) {
    const batch = keys.slice(at, at + BATCH);
    const left = batch.length === 1 || !bucket.deletesMany ? batch : await deleteBatch(bucket, batch, signal);
    for (const key of left) await deleteOne(bucket, key, signal);
  }
}

/** Returns the keys that have to be deleted one by one. */
async function deleteBatch(bucket: Bucket, keys: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
  try {
    return await bucket.connection.send({ operation: "DeleteObjects", key: keys[0], signal }, async ({ sdk, client, abortSignal }) => {
      const command = new sdk.DeleteObjectsCommand({
        Bucket: bucket.name,
        Delete: { Quiet: true, Objects: keys.map((key) => ({ Key: bucket.prefix + key })) },
      });
      const { Errors = [] } = await client.send(command, { abortSignal });
      return Errors.flatMap(({ Key, Code }) => (Key === undefined || Code === "NoSuchKey" ? [] : [Key.slice(bucket.prefix.length)]));
    });
  } catch (error) {
    // Some servers do not know the request, or want another checksum with it than the SDK sends.
    if (!(error instanceof StoreError && (error.kind === "unsupported" || error.kind === "failed"))) throw error;
    bucket.deletesMany = false;
    return keys;
  }
}

/** Tells in its own words what is wrong with this one, when something is. */
async function deleteOne(bucket: Bucket, key: string, signal?: AbortSignal): Promise<void> {
  try {
    await bucket.connection.send({ operation: "DeleteObject", key, signal }, ({ sdk, client, abortSignal }) =>
      client.send(new sdk.DeleteObjectCommand({ Bucket: bucket.name, Key: bucket.prefix + key }), { abortSignal }),
    );
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === "not_found")) throw error;
  }
}
