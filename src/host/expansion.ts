import { expandTilde } from "./paths.js";
import type { Environment } from "./places.js";

export interface Expansion {
  readonly text: string;
  /** Variables that were named but have no value. */
  readonly unset: readonly string[];
}

/** `~`, `$VAR` and `${VAR}` filled in, once: what a value brings in is not expanded again. A `$` before anything else stays. */
export function expandText(text: string, env: Environment, home: string): Expansion {
  const unset: string[] = [];
  const filled = expandTilde(text, home).replace(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g, (_, braced?: string, bare?: string) => {
    const name = (braced ?? bare)!;
    const value = env[name] ?? "";
    if (value === "") unset.push(name);
    return value;
  });
  return { text: filled, unset };
}

/** Every string within `value` expanded; `onEmpty` hears of each that a variable without value left empty. */
export function expandAll(
  value: unknown,
  expand: (text: string) => Expansion,
  onEmpty: (path: readonly PropertyKey[], variable: string) => void,
  path: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === "string") {
    const { text, unset } = expand(value);
    if (text === "" && unset.length > 0) onEmpty(path, unset[0]!);
    return text;
  }
  if (Array.isArray(value)) return value.map((item, index) => expandAll(item, expand, onEmpty, [...path, index]));
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expandAll(item, expand, onEmpty, [...path, key])]));
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
