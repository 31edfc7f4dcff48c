import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Fingerprint } from "./index-file.js";

const FINGERPRINT_BYTES = 4096;

/** Bytes; 0 when there is no file. */
export function fileSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Of the bytes at `position`, a block at most: in an append-only file they stay what they are. */
export function fingerprint(file: string, position: number): Fingerprint {
  return digest(readBytes(file, position, FINGERPRINT_BYTES));
}

export function hasFingerprint(file: string, position: number, expected: Fingerprint): boolean {
  const found = digest(readBytes(file, position, expected.length));
  return expected.length > 0 && found.length === expected.length && found.sha1 === expected.sha1;
}

/** Fewer bytes than asked for at the end of the file, none when it is gone. */
export function readBytes(file: string, position: number, length: number): Buffer {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(handle, bytes, 0, length, position));
  } finally {
    closeSync(handle);
  }
}

function digest(bytes: Buffer): Fingerprint {
  return { length: bytes.length, sha1: createHash("sha1").update(bytes).digest("hex") };
}
