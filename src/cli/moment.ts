/** Milliseconds of the units that people count back in. */
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const AGO = /^(\d{1,6}(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)\s+ago$/;
const WRITTEN = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s?(Z|[+-]\d\d:\d\d)?)?$/i;
/** As in the names of conflict copies. */
const COMPACT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/**
 * A moment as people name it, in ms since 1970; undefined for anything else. RFC 3339; the same without zone, or a day alone,
 * in the reader's time zone; `20261121T135800Z`; `2h ago`, `3 days ago`; `yesterday`, the same time a day before; `now`.
 */
export function parseMoment(text: string, now: number): number | undefined {
  const words = text.trim().toLowerCase();
  if (words === "now") return now;
  if (words === "yesterday") return dayBefore(now);
  const ago = AGO.exec(words);
  if (ago !== null) return now - Number(ago[1]) * UNITS[ago[2]![0]!]!;
  const compact = COMPACT.exec(text.trim());
  if (compact !== null) return written([...compact.slice(1, 7), undefined, "Z"]);
  const match = WRITTEN.exec(text.trim());
  return match === null ? undefined : written(match.slice(1));
}

/** By the calendar, so that a day of 23 or 25 hours is one day. */
function dayBefore(now: number): number {
  const date = new Date(now);
  date.setDate(date.getDate() - 1);
  return date.getTime();
}

/** Year, month, day, hours, minutes, seconds, fraction, zone; the last four or five may be absent. */
function written([year, month, day, h = "00", m = "00", s = "00", fraction = "", zone = ""]: readonly (string | undefined)[]):
  | number
  | undefined {
  if (Number(day) > daysIn(Number(year), Number(month))) return undefined;
  const ms = fraction.padEnd(3, "0").slice(0, 3);
  const at = Date.parse(`${year}-${month}-${day}T${h}:${m}:${s}.${ms}${zone.toUpperCase()}`);
  return Number.isNaN(at) ? undefined : at;
}

/** The last day of a month: `Date` takes the 31st of February for the 3rd of March. */
function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
