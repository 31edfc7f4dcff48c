import { expect } from "vitest";
import type { ByteRange, FileSource, StoreErrorKind } from "../../src/sync/ports.js";
import { StoreError } from "../../src/sync/ports.js";

export const MIB = 1024 * 1024;

/** Bytes that no part of repeats elsewhere; the same for the same seed. */
export function bytesOf(length: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0, x = seed * 2_654_435_769 + 1; i < words.length; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = x ^ (x >>> 13) ^ i;
  }
  return new Uint8Array(words.buffer, 0, length);
}

export function textOf(text: string): Uint8Array {
  return Buffer.from(text);
}

/** Without listing megabytes when they differ. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** A file in memory that counts how many parts were asked for, and how many at once. */
export function sourceOf(body: Uint8Array): FileSource & { readonly asked: number } {
  let asked = 0;
  return {
    size: body.length,
    get asked() {
      return asked;
    },
    read({ offset, length }: ByteRange) {
      asked++;
      return Promise.resolve(body.subarray(offset, offset + length));
    },
  };
}

export async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await all(pieces));
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Thirty-two at a time. */
export async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (const item of left) await act(item);
    }),
  );
}

/** Waits for a StoreError of this kind, whose message is one line; returns it. */
export async function rejects(kind: StoreErrorKind, promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error(`wanted a StoreError ${kind}, got ${String(error)}`, { cause: error });
  expect({ kind: error.kind, message: error.message }).toMatchObject({ kind });
  expect(error.message).not.toContain("\n");
  return error;
}
