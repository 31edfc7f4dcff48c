import type { z } from "zod";
import { meant, type Path, type Problem } from "./problems.js";
import { PLAN_KEYS, SLICE_KEYS } from "./schema.js";

/** Keys that people write for another, from tools like this one. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  name: "id",
  depends_on: "needs",
  dependencies: "needs",
  after: "needs",
  cwd: "working_dir",
  dir: "working_dir",
  cmd: "command",
  run: "command",
  timeout_s: "timeout",
  timeout_seconds: "timeout",
  heartbeat_s: "heartbeat",
  parallel: "max_parallel",
};

/** What the schema found, in words. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], data: unknown): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = issue.path as Path;
    const value = valueAt(data, path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...path, key], what: "unknown key", fix: knownKey(key, path) }));
    }
    if (value === undefined)
      return [{ path, what: "is missing", fix: `add ${String(path.at(-1))}: ${path.length === 1 ? "with the slices" : "VALUE"}` }];
    if (value === null) return [{ path, what: "has no value", fix: "write one, or remove the key" }];
    if (issue.code === "invalid_type") return [{ path, value, ...wrongType(issue.expected, value) }];
    if (issue.code === "invalid_value") {
      const choices = issue.values.map(String);
      return [{ path, value, what: `must be one of ${choices.join(", ")}`, fix: meant(String(value), choices, "write one of them") }];
    }
    const cut = issue.message.indexOf("; ");
    return [{ path, value, what: issue.message.slice(0, cut), fix: issue.message.slice(cut + 2) }];
  });
}

function knownKey(key: string, path: Path): string {
  const known = path.length === 0 ? PLAN_KEYS : SLICE_KEYS;
  const word = OTHER_WORDS[key];
  if (word !== undefined && known.includes(word)) return `did you mean ${word}?`;
  const elsewhere = path.length === 0 ? SLICE_KEYS : PLAN_KEYS;
  if (elsewhere.includes(key))
    return path.length === 0 ? `it belongs to a slice: put it under slices` : "it belongs to the plan: put it beside slices";
  return meant(key, known, `known keys here: ${known.join(", ")}`);
}

function wrongType(expected: string, value: unknown): { what: string; fix: string } {
  switch (expected) {
    case "string":
      return { what: "must be text", fix: typeof value === "object" ? "write one value after the colon" : "put it in quotes" };
    case "int":
    case "number":
      return {
        what: "must be a whole number",
        fix: typeof value === "string" && /^\d+$/.test(value) ? "remove the quotes" : "write digits only",
      };
    case "boolean":
      return { what: "must be true or false", fix: "write true or false" };
    case "array":
      return { what: "must be a list", fix: "write it as [a, b]" };
    default:
      return { what: "must be a map of keys", fix: "write KEY: VALUE lines" };
  }
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined | null)?.[part as string], data);
}
