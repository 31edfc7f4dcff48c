import { parseDuration } from "../../shared/durations.js";

/** `90`, `90s`, `1m30s` -> 90; undefined for anything else. */
export function seconds(value: string | number): number | undefined {
  if (typeof value === "number") return value;
  const ms = parseDuration(value);
  return ms === undefined ? undefined : ms / 1000;
}
