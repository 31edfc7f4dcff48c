/** Sizes in text: digits, then nothing (bytes) or a unit; 1 KB is 1024 bytes. */
export const SIZE = /^(\d+)\s?(B|KB|KiB|MB|MiB|GB|GiB)?$/;

const FACTORS: Readonly<Record<string, number>> = { B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** `10MB` -> 10485760; undefined when it is not a size. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * FACTORS[(match[2] ?? "B").charAt(0)]!;
}
