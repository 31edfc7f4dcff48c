import { FormatError } from "./format-error.js";
import { DEVICE_ID } from "./keys.js";
import { parseIso } from "./times.js";

/** A JSON object out of the bucket. */
export type Fields = Readonly<Record<string, unknown>>;

/** What is wrong in a line, before it is known in which. */
export class Wrong extends Error {}

/** Throws `Wrong` when it is no JSON object. */
export function parseFields(json: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Wrong("is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Wrong("is no JSON object");
  return value as Fields;
}

/** Throws FormatError `newer` when another version of Aura wrote it. */
export function checkFormat(key: string, { format }: Fields): void {
  if (format === 1) return;
  if (Number.isSafeInteger(format) && (format as number) > 1) {
    throw new FormatError(
      "newer",
      `${key} is of format ${String(format)}, this version of Aura reads format 1; update Aura on this device`,
    );
  }
  throw new Wrong("format is not 1");
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new Wrong(`${name} is no text`);
  return value;
}

export function matching(fields: Fields, name: string, pattern: RegExp): string {
  const value = text(fields, name);
  if (!pattern.test(value)) throw new Wrong(`${name} ${JSON.stringify(value.slice(0, 100))} is not one`);
  return value;
}

export function device(fields: Fields, name: string): string {
  return matching(fields, name, DEVICE_ID);
}

/** A whole number, 0 or more. */
export function count(fields: Fields, name: string): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Wrong(`${name} is no whole number`);
  return value as number;
}

/** RFC 3339 with ms, as ms since 1970. */
export function time(fields: Fields, name: string): number {
  const ms = parseIso(text(fields, name));
  if (ms === null) throw new Wrong(`${name} is no time`);
  return ms;
}

/** Runs `read`, and says of which object it is when something is wrong in it. */
export function reading<T>(where: () => string, fix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    throw new FormatError("damaged", `${where()} cannot be read: ${error.message}; ${fix}`);
  }
}
