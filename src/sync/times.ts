/** Years 1 and 9999: what RFC 3339 and these stamps can say. */
const FIRST = -62_135_596_800_000;
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Whole ms, as an entry keeps them; times that cannot be written are moved to the nearest that can. */
export function wholeMs(ms: number): number {
  if (Number.isNaN(ms)) return 0;
  // + 0: no negative zero, which JSON does not keep.
  return Math.min(LAST, Math.max(FIRST, Math.floor(ms))) + 0;
}

/** RFC 3339 with ms, UTC. */
export function iso(ms: number): string {
  return new Date(wholeMs(ms)).toISOString();
}

/** `20261121T135800123Z`. */
export function stampMs(ms: number): string {
  return iso(ms).replace(/[-:.]/g, "");
}

/** `20261121T135800Z`. */
export function stamp(ms: number): string {
  return `${stampMs(ms).slice(0, 15)}Z`;
}

/** Of `stampMs`; null when it is none. */
export function parseStampMs(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour, minute, second, ms] = parts;
  return parseIso(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}

/** Of `iso`, to the letter; null when it is none. */
export function parseIso(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms < FIRST || ms > LAST || new Date(ms).toISOString() !== text ? null : ms;
}
