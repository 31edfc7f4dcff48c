import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { CONFIG_DEFAULTS } from "./config-defaults.js";
import { configSchema } from "./config-schema.js";

export interface ConfigKey {
  /** Dotted; lists as `roots[]`. */
  readonly key: string;
  /** As the reference names it: string, boolean, number, table, list of tables, or the allowed words. */
  readonly type: string;
  readonly required: boolean;
  readonly default?: string | number | boolean;
  readonly description: string;
}

/** Every key that `aura.toml` may have, tables before what is in them. */
export const CONFIG_KEYS: readonly ConfigKey[] = keysOf(configSchema, "");

/** The known key that a person most likely meant by an unknown one, dotted. */
export function nearestKey(path: readonly PropertyKey[]): string {
  const wanted = dotted(path);
  const [parent, leaf] = split(wanted);
  const costs = CONFIG_KEYS.map(({ key }) => {
    const [otherParent, otherLeaf] = split(key);
    // A like-named key of another table is likelier than a far one of the same table.
    return { key, cost: distance(leaf, otherLeaf) + (otherParent === parent ? 0 : 1.5) };
  });
  return costs.reduce((best, next) => (next.cost < best.cost ? next : best)).key.replaceAll("[]", "");
}

/** `["roots", 0, "path"]` as `roots[].path`. */
export function dotted(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? "[]" : `.${String(part)}`))
    .join("")
    .slice(1);
}

function split(key: string): [parent: string, leaf: string] {
  const at = key.lastIndexOf(".");
  return [key.slice(0, Math.max(at, 0)), key.slice(at + 1)];
}

function keysOf(table: z.ZodObject, prefix: string): ConfigKey[] {
  return Object.entries(table.shape).flatMap(([name, field]) => {
    const optional = field instanceof z.ZodOptional;
    const inner: unknown = optional ? field.unwrap() : field;
    const list = inner instanceof z.ZodArray;
    const content: unknown = list ? inner.element : inner;
    const key = `${prefix}${name}`;
    const row = describeKey(key, content, list, !optional, (field as z.ZodType).description ?? "");
    return content instanceof z.ZodObject ? [row, ...keysOf(content, `${key}${list ? "[]" : ""}.`)] : [row];
  });
}

function describeKey(key: string, content: unknown, list: boolean, required: boolean, description: string): ConfigKey {
  const preset = (CONFIG_DEFAULTS as Readonly<Record<string, string | number | boolean>>)[key];
  return {
    key,
    type: list ? "list of tables" : typeName(content),
    required,
    description,
    ...(preset === undefined ? {} : { default: preset }),
  };
}

function typeName(content: unknown): string {
  if (content instanceof z.ZodEnum) return content.options.map((word) => `"${word}"`).join(", ");
  if (content instanceof z.ZodUnion) return content.options.map(typeName).join(", ");
  if (content instanceof z.ZodBoolean) return "boolean";
  if (content instanceof z.ZodNumber) return "number";
  if (content instanceof z.ZodObject || content instanceof z.ZodRecord) return "table";
  return "string";
}
