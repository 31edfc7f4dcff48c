import { createHash } from "node:crypto";

/** An ETag as stores give it: without the quotes that HTTP puts around it. */
export function bareEtag(etag: string | undefined): string {
  return (etag ?? "").replace(/^(?:W\/)?"?(.*?)"?$/, "$1");
}

export function quotedEtag(etag: string): string {
  return `"${etag}"`;
}

export function md5Of(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

export function isMd5(etag: string): boolean {
  return /^[0-9a-f]{32}$/.test(etag);
}

/** What a server that makes its ETags of MD5 gives to an upload of these parts; undefined when theirs are none. */
export function etagOfParts(etags: readonly string[]): string | undefined {
  if (!etags.every(isMd5)) return undefined;
  return `${md5Of(Buffer.concat(etags.map((etag) => Buffer.from(etag, "hex"))))}-${etags.length}`;
}
