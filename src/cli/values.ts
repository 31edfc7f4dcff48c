import { parseDuration } from "../shared/durations.js";
import { AuraError } from "../shared/errors.js";

/** Milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new AuraError("usage", `${JSON.stringify(text)} is not a duration`, { fix: "write it as 500ms, 90s, 10m or 2h" });
}

export function lineCount(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 10_000) return Number(text);
  throw new AuraError("usage", `${JSON.stringify(text)} is not a number of lines`, { fix: "give 0 to 10000" });
}

export function positive(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new AuraError("usage", `${JSON.stringify(text)} is not a whole number above 0`, { fix: "give a number such as 3" });
}
