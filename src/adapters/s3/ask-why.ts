import { type PutOptions, StoreError } from "../../sync/ports.js";
import { bareEtag } from "./etag.js";
import { ASK_FIRST } from "./send-body.js";
import type { Bucket } from "./store.js";

/**
 * A server that refuses a large body may close the connection on it, so that its reason is never heard, however often it is
 * sent. Gives what asks for the reason by a small request, and rejects with it if there is one; undefined for small bodies.
 */
export function askWhy(
  bucket: Bucket,
  key: string,
  size: number,
  when: Pick<PutOptions, "ifAbsent" | "ifMatch">,
): ((signal: AbortSignal) => Promise<void>) | undefined {
  if (size < ASK_FIRST) return undefined;
  return async (signal) => {
    const { Contents = [] } = await bucket.connection.send({ operation: "ListObjectsV2", key, signal }, ({ sdk, client, abortSignal }) =>
      client.send(new sdk.ListObjectsV2Command({ Bucket: bucket.name, Prefix: bucket.prefix + key, MaxKeys: 1 }), { abortSignal }),
    );
    const there = Contents.find(({ Key }) => Key === bucket.prefix + key);
    const refused = when.ifAbsent ? there !== undefined : when.ifMatch !== undefined && bareEtag(there?.ETag) !== when.ifMatch;
    if (refused && bucket.conditional) throw new StoreError("precondition", `${key} is there already, or another one than expected`);
  };
}
