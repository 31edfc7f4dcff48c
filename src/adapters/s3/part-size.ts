const MIB = 1024 * 1024;
/** What an S3 server takes of one upload. */
const MAX_PARTS = 10_000;
/** Bytes of parts held in memory at once, as long as a part is smaller than that. */
const IN_MEMORY = 128 * MIB;

export const MIN_PART_SIZE = 8 * MIB;

/** Bytes of each part but the last: whole MiB, at least `least`, so that there are at most 10,000 parts. */
export function partSizeOf(size: number, least = MIN_PART_SIZE): number {
  const needed = Math.ceil(size / MAX_PARTS);
  return needed <= least ? least : Math.ceil(needed / MIB) * MIB;
}

/** At least one: an empty file is one empty part. */
export function partCountOf(size: number, partSize: number): number {
  return Math.max(1, Math.ceil(size / partSize));
}

/** Bytes of part `number`, counted from 1. */
export function partRangeOf(number: number, size: number, partSize: number): { readonly offset: number; readonly length: number } {
  const offset = (number - 1) * partSize;
  return { offset, length: Math.min(partSize, size - offset) };
}

/** How many parts of one file are sent at once. */
export function workersOf(parts: number, partSize: number, maxTransfers: number): number {
  return Math.max(1, Math.min(parts, maxTransfers, Math.floor(IN_MEMORY / partSize)));
}
