import { createHash } from "node:crypto";
import { StoreError } from "../../sync/ports.js";

export interface MemoryObject {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly modifiedMs: number;
}

export interface MemoryUpload {
  readonly key: string;
  readonly initiatedMs: number;
  readonly parts: Map<number, { readonly etag: string; readonly body: Uint8Array }>;
}

export interface MemoryBucketOptions {
  /** The server's clock. */
  readonly now?: () => number;
  /** False: a server that ignores If-None-Match and If-Match. */
  readonly conditional?: boolean;
}

/**
 * What an S3 server holds, for tests: any number of stores (`createMemoryStore`) may use one bucket, as devices do. Each
 * change is done at once or not at all. Bytes are copied in and out, as by a network.
 */
export class MemoryBucket {
  readonly objects = new Map<string, MemoryObject>();
  readonly uploads = new Map<string, MemoryUpload>();
  /** Set it and every request is refused with `no_bucket`. */
  deleted = false;
  private readonly now: () => number;
  private readonly conditional: boolean;
  private made = 0;

  constructor(options: MemoryBucketOptions = {}) {
    this.now = options.now ?? Date.now;
    this.conditional = options.conditional ?? true;
  }

  find(key: string): MemoryObject {
    const found = this.objects.get(key);
    if (found === undefined) throw new StoreError("not_found", `there is no object ${key}`);
    return found;
  }

  put(
    key: string,
    body: Uint8Array,
    etag = md5(body),
    when: { readonly ifAbsent?: boolean; readonly ifMatch?: string } = {},
  ): MemoryObject {
    this.checkCondition(key, when);
    const object = { body: Uint8Array.from(body), etag, modifiedMs: this.now() };
    this.objects.set(key, object);
    return object;
  }

  checkCondition(key: string, { ifAbsent, ifMatch }: { readonly ifAbsent?: boolean; readonly ifMatch?: string }): void {
    const there = this.objects.get(key);
    if (!this.conditional) return;
    if (ifAbsent && there !== undefined) throw new StoreError("precondition", `the object ${key} is there already`);
    if (ifMatch !== undefined && there?.etag !== ifMatch)
      throw new StoreError("precondition", `the object ${key} is another one than expected`);
  }

  /** Keys with their objects, in the order of keys. */
  sorted(prefix: string, after = ""): (readonly [string, MemoryObject])[] {
    return [...this.objects].filter(([key]) => key.startsWith(prefix) && key > after).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  begin(key: string): string {
    const uploadId = `upload-${++this.made}`;
    this.uploads.set(uploadId, { key, initiatedMs: this.now(), parts: new Map() });
    return uploadId;
  }

  upload(key: string, uploadId: string): MemoryUpload {
    const upload = this.uploads.get(uploadId);
    if (upload?.key !== key) throw new StoreError("failed", `there is no upload ${uploadId} of ${key}`);
    return upload;
  }

  sendPart(key: string, uploadId: string, number: number, bytes: Uint8Array): string {
    const etag = md5(bytes);
    this.upload(key, uploadId).parts.set(number, { etag, body: Uint8Array.from(bytes) });
    return etag;
  }

  complete(
    key: string,
    uploadId: string,
    parts: readonly { readonly number: number; readonly etag: string }[],
    ifAbsent: boolean,
  ): MemoryObject {
    const upload = this.upload(key, uploadId);
    const bodies = parts.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      if (part?.etag !== etag) throw new StoreError("corrupt", `part ${number} of ${key} is not what was sent`);
      return part.body;
    });
    const sums = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, "hex")));
    const object = this.put(key, Buffer.concat(bodies), `${md5(sums)}-${parts.length}`, { ifAbsent });
    this.uploads.delete(uploadId);
    return object;
  }
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
