import { type ByteRange, StoreError } from "../../sync/ports.js";
import { throwIfAborted } from "./abort.js";
import { Silence } from "./silence.js";
import type { Bandwidth } from "./throttle.js";

/** The connection broke before all of a body had come. */
export class TruncatedBody extends Error {
  override readonly name = "TruncatedBody";
}

/** Throws StoreError `corrupt` when an object of `size` bytes has not all of the range. */
export function checkRange(key: string, range: ByteRange, size: number): void {
  if (range.offset + range.length > size) {
    throw new StoreError("corrupt", `the object ${key} has ${size} bytes, and ${range.length} from ${range.offset} were wanted`);
  }
}

/** The pieces of a body as they come, `length` bytes in all or a TruncatedBody. */
export async function* piecesOf(
  body: AsyncIterable<Uint8Array>,
  length: number,
  download: Bandwidth,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let came = 0;
  try {
    for await (const piece of body) {
      came += piece.length;
      if (came > length) break;
      await download.take(piece.length, signal);
      yield piece;
    }
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof Silence || came >= length) throw error;
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new TruncatedBody(`${came} of ${length} bytes came (${why})`, { cause: error });
  }
  throwIfAborted(signal);
  if (came !== length) throw new TruncatedBody(`${came} of ${length} bytes came`);
}

/** A whole body in one piece. */
export async function wholeOf(pieces: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafe(length);
  let at = 0;
  for await (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
