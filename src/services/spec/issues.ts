import type { z } from "zod";
import { dotted, nearest } from "./problems.js";
import type { Path, Problem } from "./problems.js";
import { NOT_A_DURATION, specDocument } from "./schema.js";

type Issue = z.core.$ZodIssue;

/** What the schema found, in words. */
export function problemsOf(issues: readonly Issue[], data: unknown): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = issue.path as Path;
    const value = valueAt(data, path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], what: "unknown key", fix: knownKey([...path, key]) }));
    }
    if (issue.code === "invalid_key") return [{ path, ...whatAndFix(issue.issues[0]?.message ?? "") }];
    if (value === undefined) return [{ path, what: "is missing", fix: `add ${missingExample(path, issue)}` }];
    if (value === null) return [{ path, what: "has no value", fix: "write one, or remove the key" }];
    if (issue.code === "invalid_type") return [{ path, value, ...wrongType(issue.expected, value) }];
    if (issue.code === "invalid_value") return [{ path, value, ...wrongChoice(issue.values.map(String), value) }];
    if (issue.message === NOT_A_DURATION && /^\d+(?:\.\d+)?$/.test(String(value))) {
      return [{ path, value, what: "has no unit", fix: `write ${String(value)}s` }];
    }
    return [{ path, value, ...whatAndFix(issue.message) }];
  });
}

function wrongType(expected: string, value: unknown): { what: string; fix: string } {
  switch (expected) {
    case "string":
      return typeof value === "object"
        ? { what: "must be text", fix: "write one value after the colon" }
        : { what: "must be text", fix: "put it in quotes" };
    case "int":
    case "number":
      return typeof value === "string" && /^\d+$/.test(value)
        ? { what: "must be a whole number", fix: "remove the quotes" }
        : { what: "must be a whole number", fix: "write digits only" };
    case "boolean":
      return { what: "must be true or false", fix: "write true or false" };
    case "array":
      return { what: "must be a list", fix: "write it as [a, b]" };
    default:
      return { what: "must be a map of keys", fix: "write KEY: VALUE lines under it, indented" };
  }
}

function wrongChoice(choices: readonly string[], value: unknown): { what: string; fix: string } {
  const all = choices.join(", ");
  const word = String(value);
  const meant = choices.find((choice) => choice === `SIG${word.toUpperCase()}`) ?? nearest(word, choices);
  return { what: `must be one of ${all}`, fix: meant === undefined ? "write one of them" : `did you mean ${meant}?` };
}

/** Schema messages are written `what; fix`. */
function whatAndFix(message: string): { what: string; fix: string } {
  const cut = message.indexOf("; ");
  return cut < 0 ? { what: message, fix: "correct it" } : { what: message.slice(0, cut), fix: message.slice(cut + 2) };
}

/** The key that was meant: the same name elsewhere, a similar one beside it, a similar one anywhere. */
function knownKey(path: Path): string {
  const key = String(path.at(-1));
  const parent = dotted(path.slice(0, -1));
  const inside = (name: string): string => (parent === "" ? name : `${parent}.${name}`);
  if (path[0] === "secrets") return "write secret: KEY";
  const siblings = KEYS.filter((known) => parentOf(known) === parent).map(lastOf);
  const elsewhere = KEYS.filter((known) => lastOf(known) === key);
  if (elsewhere.length === 1) return `did you mean ${elsewhere[0]}?`;
  const similar = nearest(key, siblings);
  if (similar !== undefined) return `did you mean ${inside(similar)}?`;
  if (elsewhere.length > 0) return `did you mean ${elsewhere.join(" or ")}?`;
  const far = KEYS.find((known) => lastOf(known) === nearest(key, KEYS.map(lastOf), 1));
  return far === undefined ? `known keys here: ${siblings.join(", ")}` : `did you mean ${far}?`;
}

function missingExample(path: Path, issue: Issue): string {
  const key = dotted(path);
  if (issue.code === "invalid_value") return `${key}: ${issue.values.map(String).join("|")}`;
  return key === "service" ? "a service: block" : `${key}: VALUE`;
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined | null)?.[part as string], data);
}

/** Every key that a spec may have, dotted; keys of open maps (`env`) are not listed. */
export const KEYS: readonly string[] = keysOf(specDocument, "");

function keysOf(schema: unknown, prefix: string): string[] {
  const inner = unwrap(schema);
  return Object.entries(inner?.shape ?? {}).flatMap(([key, child]) => {
    const name = prefix === "" ? key : `${prefix}.${key}`;
    return [name, ...keysOf(child, name)];
  });
}

interface Wrapped {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly unwrap?: () => unknown;
}

function unwrap(schema: unknown): Wrapped | undefined {
  const wrapped = schema as Wrapped;
  return wrapped.shape === undefined && typeof wrapped.unwrap === "function" ? unwrap(wrapped.unwrap()) : wrapped;
}

function lastOf(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1);
}

function parentOf(key: string): string {
  return key.includes(".") ? key.slice(0, key.lastIndexOf(".")) : "";
}
