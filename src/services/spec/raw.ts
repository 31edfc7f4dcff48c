import type { Path } from "./problems.js";

/** Reading plain data whose shape is not known yet: rules must work on files that the schema refused. */
export interface Raw {
  at(path: Path): unknown;
  has(path: Path): boolean;
  text(path: Path): string | undefined;
  number(path: Path): number | undefined;
  /** The texts of a list, with their places; what is not text is left to the schema. */
  texts(path: Path): readonly { readonly text: string; readonly path: Path }[];
  /** Keys of a map. */
  keys(path: Path): readonly string[];
}

export function raw(data: unknown): Raw {
  const at = (path: Path): unknown => path.reduce<unknown>(child, data);
  return {
    at,
    has: (path) => at(path) !== undefined,
    text: (path) => typed(at(path), "string"),
    number: (path) => typed(at(path), "number"),
    texts: (path) => {
      const list = at(path);
      if (!Array.isArray(list)) return [];
      return list.flatMap((text: unknown, index) => (typeof text === "string" ? [{ text, path: [...path, index] }] : []));
    },
    keys: (path) => {
      const map = at(path);
      return isMap(map) ? Object.keys(map) : [];
    },
  };
}

function child(value: unknown, part: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<string | number, unknown>)[part];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typed(value: unknown, type: "string"): string | undefined;
function typed(value: unknown, type: "number"): number | undefined;
function typed(value: unknown, type: "string" | "number"): unknown {
  return typeof value === type ? value : undefined;
}
