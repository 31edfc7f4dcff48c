/** Longer lines are cut, and say so. */
export const MAX_LINE_BYTES = 64 * 1024;
export const CUT_MARK = " [line cut at 64 KiB]";

const NEWLINE = 0x0a;

/** A line's bytes as text: without a carriage return at its end, and at most 64 KiB of it. */
export function decodeLine(bytes: Buffer): string {
  if (bytes.length > MAX_LINE_BYTES) return wholeCharacters(bytes.subarray(0, MAX_LINE_BYTES)).toString("utf8") + CUT_MARK;
  const end = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length;
  return bytes.toString("utf8", 0, end);
}

/** Without the beginning of a UTF-8 character that goes on behind the cut. */
function wholeCharacters(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes.length - end < 3 && (bytes[end - 1]! & 0xc0) === 0x80) end--;
  const lead = bytes[end - 1] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return bytes.length - (end - 1) >= length ? bytes : bytes.subarray(0, end - 1);
}

export interface Piece {
  readonly from: number;
  /** Behind the newline, or the end of the bytes. */
  readonly to: number;
  readonly isWhole: boolean;
}

/** Where the lines lie; the last piece has no newline (and may be empty). */
export function splitLines(bytes: Buffer): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
    pieces.push({ from, to: at + 1, isWhole: true });
    from = at + 1;
  }
  return [...pieces, { from, to: bytes.length, isWhole: false }];
}

export interface LineJoiner {
  /** The lines that these bytes complete. */
  push(bytes: Buffer): string[];
  /** Bytes are held that no newline has followed yet. */
  readonly isPartial: boolean;
  /** Gives what is held as a line. */
  flush(): string[];
}

/** Makes lines of bytes that come in any portions, holding at most one line. */
export function createLineJoiner(): LineJoiner {
  let held = Buffer.alloc(0);
  // The rest of a line whose beginning has been given out already is skipped.
  let skipping = false;
  const take = (bytes: Buffer): string[] => {
    const skipped = skipping;
    skipping = false;
    return skipped ? [] : [decodeLine(bytes)];
  };
  return {
    get isPartial() {
      return held.length > 0 && !skipping;
    },
    push(bytes) {
      const all = Buffer.concat([held, bytes]);
      const pieces = splitLines(all);
      const rest = pieces.pop()!;
      const lines = pieces.flatMap(({ from, to }) => take(all.subarray(from, to - 1)));
      held = Buffer.from(all.subarray(rest.from));
      if (held.length > MAX_LINE_BYTES) {
        lines.push(...take(held));
        skipping = true;
      }
      if (skipping) held = Buffer.alloc(0);
      return lines;
    },
    flush() {
      const lines = held.length > 0 ? take(held) : [];
      held = Buffer.alloc(0);
      skipping = false;
      return lines;
    },
  };
}
