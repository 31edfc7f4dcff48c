/** Checks of one field; each returns what is wrong in a line that names field, value and what is allowed, or null. */
export type FieldCheck = (value: unknown, field: string) => string | null;

const SHOWN = 60;

export function text(max: number, least = 1): FieldCheck {
  return (value, field) => {
    if (typeof value !== "string") return `${field} is ${shown(value)}; it has to be a text`;
    if (value.trim().length < least) return `${field} is empty; give a text`;
    return value.length <= max ? null : `${field} has ${value.length} characters; at most ${max} are taken`;
  };
}

/** A name as it stands in commands and paths: nothing that a terminal or a file system takes for something else. */
export function name(max: number, pattern: RegExp, allowed: string): FieldCheck {
  return (value, field) => {
    const problem = text(max)(value, field);
    if (problem !== null) return problem;
    return pattern.test(value as string) ? null : `${field} ${shown(value)} is not a name; ${allowed}`;
  };
}

export function oneOf(words: readonly string[]): FieldCheck {
  return (value, field) =>
    typeof value === "string" && words.includes(value) ? null : `${field} ${shown(value)} is not known; one of ${words.join(", ")}`;
}

export const flag: FieldCheck = (value, field) => (typeof value === "boolean" ? null : `${field} is ${shown(value)}; true or false`);

export function wholeNumber(least: number): FieldCheck {
  return (value, field) =>
    Number.isSafeInteger(value) && (value as number) >= least
      ? null
      : `${field} is ${shown(value)}; it has to be a whole number from ${least} on`;
}

export function list(of: FieldCheck, max: number): FieldCheck {
  return (value, field) => {
    if (!Array.isArray(value)) return `${field} is ${shown(value)}; it has to be a list`;
    if (value.length > max) return `${field} has ${value.length} items; at most ${max} are taken`;
    return first(value.map((item: unknown) => of(item, field)));
  };
}

export function record(fields: Fields): FieldCheck {
  return (value, field) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return `${field} is ${shown(value)}; it has to be an object`;
    const given = value as Readonly<Record<string, unknown>>;
    return first(
      Object.entries(fields).map(([key, check]) => {
        const held = Object.hasOwn(given, key) ? given[key] : undefined;
        if (held !== undefined) return check.check(held, key);
        return check.required ? `${key} is missing from the ${field}; give one` : null;
      }),
    );
  };
}

export type Fields = Readonly<Record<string, { readonly required: boolean; readonly check: FieldCheck }>>;

export function required(check: FieldCheck): Fields[string] {
  return { required: true, check };
}

export function optional(check: FieldCheck): Fields[string] {
  return { required: false, check };
}

function first(problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}

function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "object") return value === null ? "null" : Array.isArray(value) ? "a list" : "an object";
  const plain = String(value).replace(/\p{Cc}+/gu, " ");
  const short = plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain;
  return typeof value === "string" ? `"${short}"` : short;
}
