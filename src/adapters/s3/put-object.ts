import { type PutOptions, StoreError } from "../../sync/ports.js";
import { askWhy } from "./ask-why.js";
import { bareEtag, isMd5, md5Of, quotedEtag } from "./etag.js";
import { getWhole } from "./get-object.js";
import { headObject } from "./head-object.js";
import { signedHash } from "./signed-hash.js";
import type { Bucket } from "./store.js";

interface Put {
  readonly etag: string;
}

/** Larger ones wait for a transfer to end, and nobody needs their ETag enough to spend the time that MD5 takes. */
const SMALL = 1024 * 1024;

/** `ObjectStore.put`. */
export async function putObject(bucket: Bucket, key: string, body: Uint8Array, when: PutOptions): Promise<Put> {
  const put = (): Promise<Put> => putWhen(bucket, key, body, when);
  return body.length <= SMALL ? put() : bucket.throttle.transfers.run(when.signal, put);
}

async function putWhen(bucket: Bucket, key: string, body: Uint8Array, when: PutOptions): Promise<Put> {
  const put = await sendPut(bucket, key, body, when).catch((error: unknown) => {
    const conditional = bucket.conditional && (when.ifAbsent === true || when.ifMatch !== undefined);
    if (!conditional || !(error instanceof StoreError && error.kind === "unsupported")) throw error;
    // As with a server that ignores conditions without a word.
    bucket.conditional = false;
    return sendPut(bucket, key, body, when);
  });
  await checkEtag(bucket, key, body, put.etag, when.signal);
  return put;
}

async function sendPut(bucket: Bucket, key: string, body: Uint8Array, when: PutOptions): Promise<Put> {
  const signHash = await signedHash(body, when.sha256);
  const condition = bucket.conditional ? conditionOf(when) : {};
  const ask = askWhy(bucket, key, body.length, when);
  let maybeOurs = false;
  const request = {
    operation: "PutObject",
    key,
    signal: when.signal,
    askWhy(signal: AbortSignal) {
      maybeOurs = true;
      return ask?.(signal) ?? Promise.resolve();
    },
  };
  try {
    return await bucket.connection.send(request, async ({ sdk, client, abortSignal, maybeDone }) => {
      maybeOurs ||= maybeDone;
      const command = new sdk.PutObjectCommand({
        Bucket: bucket.name,
        Key: bucket.prefix + key,
        Body: body,
        ContentLength: body.length,
        ...condition,
      });
      signHash?.(command);
      return { etag: bareEtag((await client.send(command, { abortSignal })).ETag) };
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    // Another version than the expected one: none.
    if (error.kind === "not_found" && condition.IfMatch !== undefined)
      throw new StoreError("precondition", error.message, { cause: error });
    const there = maybeOurs && error.kind === "precondition" ? await getWhole(bucket, key, when.signal).catch(() => undefined) : undefined;
    if (there !== undefined && Buffer.compare(there.body, body) === 0) return there;
    throw error;
  }
}

function conditionOf({ ifAbsent, ifMatch }: PutOptions): { readonly IfNoneMatch?: string; readonly IfMatch?: string } {
  return {
    ...(ifAbsent ? { IfNoneMatch: "*" } : {}),
    // A server that gives no ETags is asked for none.
    ...(ifMatch === undefined || ifMatch === "" ? {} : { IfMatch: quotedEtag(ifMatch) }),
  };
}

/**
 * Where ETags are MD5, another one means that the server has stored something else, or told of something else. With some
 * kinds of encryption they are not: then what was answered is what the server has.
 */
async function checkEtag(bucket: Bucket, key: string, body: Uint8Array, etag: string, signal?: AbortSignal): Promise<void> {
  if (body.length > SMALL || !bucket.md5Etags || !isMd5(etag) || etag === md5Of(body)) return;
  const there = await headObject(bucket, key, signal);
  if (there?.etag !== etag || there.size !== body.length) {
    throw new StoreError("corrupt", `the server's ETag of ${key} is not that of what was sent; look at the server and its disk`);
  }
  bucket.md5Etags = false;
}
