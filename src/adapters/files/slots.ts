import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import crc32 from "crc-32";

const SLOT = 4096;
const MAGIC = "aura1";

/**
 * A small record in a file of two slots. A write goes to the slot that is not current, with a counter and a checksum,
 * so that a kill or a power cut at any moment leaves either the old record or the new one. After the first write
 * no new block is needed: updating works on a full disk, without a rename.
 */
export interface Slots<T> {
  readonly value: T;
  readonly counter: number;
}

/** The newest valid record; null when there is none. */
export function readSlots<T>(path: string): Slots<T> | null {
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch {
    return null;
  }
  const slots = [parse<T>(data.subarray(0, SLOT)), parse<T>(data.subarray(SLOT, 2 * SLOT))].filter((slot) => slot !== null);
  return slots.sort((a, b) => b.counter - a.counter)[0] ?? null;
}

/** Writes the record as number `counter` (the last one plus 1). Throws when it is larger than a slot or cannot be written. */
export function writeSlots(path: string, value: unknown, counter: number): void {
  const body = JSON.stringify(value);
  const line = `${MAGIC} ${counter} ${checksum(`${counter} ${body}`)} ${body}\n`;
  const slot = Buffer.alloc(SLOT, " ");
  if (slot.write(line) < Buffer.byteLength(line))
    throw new RangeError(`record of ${Buffer.byteLength(line)} bytes does not fit ${SLOT}: ${path}`);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    // Both slots exist from the first write on, so that later ones never allocate.
    if (counter <= 1) writeAll(fd, Buffer.alloc(2 * SLOT, " "), 0, path);
    writeAll(fd, slot, (counter % 2) * SLOT, path);
  } finally {
    closeSync(fd);
  }
}

/** A nearly full disk takes a part and says nothing. */
function writeAll(fd: number, bytes: Buffer, position: number, path: string): void {
  const written = writeSync(fd, bytes, 0, bytes.length, position);
  if (written < bytes.length) throw new Error(`ENOSPC: ${path}: wrote ${written} of ${bytes.length} bytes`);
}

function parse<T>(slot: Buffer): Slots<T> | null {
  const line = slot.toString("utf8").split("\n", 1)[0]!;
  const match = /^aura1 (\d+) ([0-9a-f]{8}) (.*)$/.exec(line);
  if (match === null || checksum(`${match[1]} ${match[3]}`) !== match[2]) return null;
  return { value: JSON.parse(match[3]!) as T, counter: Number(match[1]) };
}

/** CRC-32 as eight hex digits. */
export function checksum(text: string): string {
  return (crc32.str(text) >>> 0).toString(16).padStart(8, "0");
}
