import type { z } from "zod";
import { dotted, nearestKey } from "./config-keys.js";

/** One thing wrong with `aura.toml`. */
export interface Problem {
  /** Where, as keys and indices; empty for the whole file. */
  readonly path: readonly PropertyKey[];
  /** Continues a sentence that begins with key and value: `is out of range`. */
  readonly what: string;
  readonly fix: string;
}

type Issue = z.core.$ZodIssue;

/** What the schema found, in words of our own. */
export function problemsOf(issues: readonly Issue[], value: unknown): Problem[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...issue.path, key]));
    return [{ path: issue.path, ...wording(issue, at(value, issue.path)) }];
  });
}

export function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner === null || typeof inner !== "object" ? undefined : (inner as Record<PropertyKey, unknown>)[key]),
    value,
  );
}

/** `what; fix` in its two parts. */
export function sentence(message: string): Pick<Problem, "what" | "fix"> {
  const [what, ...fix] = message.split("; ");
  return { what: what!, fix: fix.join("; ") };
}

function unknownKey(path: readonly PropertyKey[]): Problem {
  return { path, what: "unknown key", fix: `did you mean ${nearestKey(path)}?` };
}

function wording(issue: Issue, value: unknown): Pick<Problem, "what" | "fix"> {
  if (value === undefined) return { what: "is missing", fix: `add ${String(issue.path.at(-1))} = …` };
  if (issue.code === "invalid_value")
    return { what: "is not known", fix: `choose one of ${issue.values.map((word) => `"${String(word)}"`).join(", ")}` };
  if (issue.code === "invalid_type") return wrongType(issue.expected, dotted(issue.path));
  return sentence(issue.message);
}

function wrongType(expected: string, key: string): Pick<Problem, "what" | "fix"> {
  switch (expected) {
    case "string":
      return { what: "must be text", fix: "write it in quotes" };
    case "boolean":
      return { what: "must be true or false", fix: "write one of them, without quotes" };
    case "number":
      return { what: "must be a number", fix: "write digits, without quotes" };
    case "array":
      return { what: "must be a list of tables", fix: `write [[${key}]]` };
    default:
      return { what: "must be a table", fix: `write [${key.replaceAll("[]", "")}] and its keys below it` };
  }
}
