import type { JournalRecord } from "../../services/ports.js";
import { checksum } from "../files/slots.js";

/** A record and its place in the journal: offsets only ever grow. */
export interface Line {
  readonly offset: number;
  readonly record: JournalRecord;
}

/** `CRC32 OFFSET JSON\n`: readable with less, every line proves itself and knows its place whatever befell its neighbours. */
export function encodeLine({ offset, record }: Line): string {
  const body = `${offset} ${JSON.stringify(record)}`;
  return `${checksum(body)} ${body}\n`;
}

export interface Decoded {
  /** In order; damaged ones are left out. */
  readonly lines: readonly Line[];
  /** Length up to the last complete line. */
  readonly validBytes: number;
  /** 1-based numbers of damaged lines. */
  readonly damaged: readonly number[];
}

export function decodeLines(data: Buffer): Decoded {
  const validBytes = data.lastIndexOf(10) + 1;
  const texts = validBytes === 0 ? [] : data.toString("utf8", 0, validBytes - 1).split("\n");
  const damaged: number[] = [];
  const lines = texts.flatMap((text, index) => {
    const line = decodeLine(text);
    if (line === null) damaged.push(index + 1);
    return line ?? [];
  });
  return { lines, validBytes, damaged };
}

function decodeLine(text: string): Line | null {
  const body = text.slice(9);
  const match = /^(\d+) (.*)$/.exec(body);
  if (text[8] !== " " || match === null || checksum(body) !== text.slice(0, 8)) return null;
  return { offset: Number(match[1]), record: JSON.parse(match[2]!) as JournalRecord };
}
