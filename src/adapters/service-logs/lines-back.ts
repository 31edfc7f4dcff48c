import { setImmediate } from "node:timers/promises";
import { settled, type LiveLog } from "./live-log.js";
import { decodeLine, MAX_LINE_BYTES, splitLines } from "./lines.js";
import { readBefore } from "./read.js";

/** `from` and `to` are logical offsets; `to` lies behind the newline. */
export interface Line {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Ended by a newline. */
  readonly isWhole: boolean;
}

/**
 * The lines that end in (`floor`, `end`], newest block first, each block oldest line first. Holds one block and the part of
 * one line, however long that line is; gives way to others between blocks.
 */
export async function* linesBack(log: LiveLog, end: number, floor: number): AsyncGenerator<readonly Line[]> {
  // The end of a line whose beginning lies further back.
  let rest: { bytes: Buffer; to: number; isWhole: boolean } = { bytes: Buffer.alloc(0), to: end, isWhole: false };
  for (let position = end; ;) {
    await settled(log);
    const { at, bytes } = readBefore(log, position);
    if (bytes.length === 0) {
      if (isLine(rest, floor)) yield [toLine(rest, position)];
      return;
    }
    const [head, ...others] = splitLines(bytes);
    if (others.length === 0) {
      rest = { ...rest, bytes: joinHead(bytes, rest.bytes) };
    } else {
      const last = others.pop()!;
      const found = others.map(({ from, to }) => ({ bytes: bytes.subarray(from, to - 1), from: at + from, to: at + to, isWhole: true }));
      found.push({ ...rest, bytes: joinHead(bytes.subarray(last.from), rest.bytes), from: at + last.from });
      yield found.filter((line) => isLine(line, floor)).map((line) => toLine(line, line.from));
      rest = { bytes: bytes.subarray(0, head!.to - 1), to: at + head!.to, isWhole: true };
    }
    position = at;
    if (rest.to <= floor) return;
    await setImmediate();
  }
}

/** Only the beginning of a long line is shown, so only that is kept. */
function joinHead(head: Buffer, tail: Buffer): Buffer {
  return Buffer.concat([head, tail.subarray(0, MAX_LINE_BYTES + 1)]).subarray(0, MAX_LINE_BYTES + 1);
}

/** An empty piece without a newline is no line: it stands behind the last newline of the log. */
function isLine({ bytes, to, isWhole }: { bytes: Buffer; to: number; isWhole: boolean }, floor: number): boolean {
  return to > floor && (isWhole || bytes.length > 0);
}

function toLine({ bytes, to, isWhole }: { bytes: Buffer; to: number; isWhole: boolean }, from: number): Line {
  return { from, to, text: decodeLine(bytes), isWhole };
}
