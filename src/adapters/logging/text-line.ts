import type { LogFields } from "../../shared/log.js";

/** One record as `time=… level=… msg=… key=value`, quoted where a value is not a plain word. */
export function textLine({ time, level, msg, ...fields }: LogFields): string {
  return Object.entries({ time, level, msg, ...fields })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${textValue(value)}`)
    .join(" ");
}

function textValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}
