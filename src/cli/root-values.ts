import type { RestorePoint } from "../sync/engine-port.js";
import { AuraError } from "../shared/errors.js";
import { parseMoment } from "./moment.js";
import { parseDuration } from "../shared/durations.js";

const DAY_MS = 86_400_000;
/** The beginning of a manifest's id: its time to the millisecond, and more; or less of it, down to the hour. */
const MANIFEST = /^(?:manifests\/)?(\d{8}T\d{9}Z(?:-.*)?|\d{8}T\d{2,9})$/;

/** What `--at` takes: a manifest of `sync log`, or a moment. Throws AuraError `usage`. */
export function restorePoint(text: string): RestorePoint {
  const manifest = MANIFEST.exec(text.trim())?.[1];
  if (manifest !== undefined) return { manifest: manifest.replace(/\.ndjson(?:\.gz)?$/, "") };
  const now = Date.now();
  const timeMs = parseMoment(text, now);
  if (timeMs === undefined) {
    throw new AuraError("usage", `${JSON.stringify(text)} is neither a time nor a manifest`, {
      fix: 'write it as 2026-11-21T13:58:00Z, "2h ago", yesterday, or as aura-msg sync log names it',
    });
  }
  if (timeMs > now) throw new AuraError("usage", `${JSON.stringify(text)} is in the future`, { fix: "give a time that is past" });
  return { timeMs };
}

/** Milliseconds of `30d`, `1d12h`, `90m`. Throws AuraError `usage`. */
export function longDuration(text: string): number {
  const [, days, rest = ""] = /^(?:(\d{1,6}(?:\.\d+)?)d)?(.*)$/.exec(text) ?? [];
  const ms = rest === "" && days !== undefined ? 0 : parseDuration(rest);
  if (ms === undefined) {
    throw new AuraError("usage", `${JSON.stringify(text)} is not a duration`, { fix: "write it as 90m, 24h or 30d" });
  }
  return Number(days ?? 0) * DAY_MS + ms;
}

/** Throws AuraError `usage`. */
export function atMost(most: number): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d{0,5}$/.test(text) && Number(text) <= most) return Number(text);
    throw new AuraError("usage", `${JSON.stringify(text)} is not a number from 1 to ${most}`, { fix: "give a number such as 20" });
  };
}
