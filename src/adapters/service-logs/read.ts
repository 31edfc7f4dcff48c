import { statSync } from "node:fs";
import { readBytes } from "./live-file.js";
import type { LiveLog } from "./live-log.js";
import { look } from "./look.js";

/** One file's share of the log, in logical offsets. */
interface Segment {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** Logical offset of the file's first byte. */
  readonly origin: number;
}

/** Bytes of the log, `at` being the logical offset of the first. */
export interface Chunk {
  readonly at: number;
  readonly bytes: Buffer;
}

/** How much is read at once, without giving way to others. */
export const BLOCK_BYTES = 64 * 1024;

/** The live file, then .1, .2... as they are on disk now; each ends where the one before begins. */
function segments(log: LiveLog): Segment[] {
  const { start, end } = look(log);
  const found: Segment[] = [{ path: log.paths.live, from: start, to: end, origin: log.base }];
  for (let number = 1, to = start; ; number++) {
    const path = log.paths.rotated(number);
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return found;
    found.push({ path, from: to - size, to, origin: to - size });
    to -= size;
  }
}

/** The logical offset of the first byte that still exists. */
export function oldestOffset(log: LiveLog): number {
  return segments(log).at(-1)!.from;
}

/** Up to a block that begins at `offset`, or at the oldest byte that is left. Empty at the end. Call when `settled`. */
export function readFrom(log: LiveLog, offset: number): Chunk {
  const all = segments(log);
  const at = Math.max(offset, all.at(-1)!.from);
  const segment = all.find(({ from, to }) => from <= at && at < to);
  return segment === undefined ? { at, bytes: EMPTY } : { at, bytes: readSegment(segment, at, Math.min(segment.to, at + BLOCK_BYTES)) };
}

/** Up to a block that ends at `offset`. Empty at the oldest byte. Call when `settled`. */
export function readBefore(log: LiveLog, offset: number): Chunk {
  const segment = segments(log).find(({ from, to }) => from < offset && offset <= to);
  if (segment === undefined) return { at: offset, bytes: EMPTY };
  const at = Math.max(segment.from, offset - BLOCK_BYTES);
  const bytes = readSegment(segment, at, offset);
  // Less than asked for: the file has just been emptied. What is missing cannot be read any more.
  return bytes.length < offset - at ? { at: offset, bytes: EMPTY } : { at, bytes };
}

const EMPTY = Buffer.alloc(0);

function readSegment({ path, origin }: Segment, from: number, to: number): Buffer {
  return readBytes(path, from - origin, to - from);
}
