import { AUDIT_TYPES } from "../epochs/audit.js";
import { idProblem } from "../epochs/ids.js";
import { SEVERITIES } from "../epochs/messages.js";
import { parseAxis, parsePhase, parseVote } from "../epochs/parse-phase.js";
import { ROLES } from "../epochs/phases.js";
import { nearest } from "../services/spec/problems.js";
import { AuraError } from "../shared/errors.js";
import type { ValueKind } from "./command-row.js";

/** A value as the epochs know it; throws AuraError `usage` with what was meant, or what is allowed. */
export function checked(kind: ValueKind, value: unknown): unknown {
  if (typeof value !== "string") return value;
  switch (kind) {
    case "epoch":
    case "slice": {
      const problem = idProblem(kind, value);
      if (problem === null) return value;
      const [what = problem, fix = ""] = problem.split(/: (?=give)/);
      throw new AuraError("usage", what, { fix });
    }
    case "phase":
      return understood(kind, value, parsePhase(value));
    case "axis":
      return understood(kind, value, parseAxis(value));
    case "vote":
      return understood(kind, value, parseVote(value));
    case "role":
      return oneOf(kind, ROLES, value.toLowerCase(), value);
    case "severity":
      return oneOf(kind, SEVERITIES, value.toUpperCase(), value);
    case "type":
      return oneOf(kind, AUDIT_TYPES, value.toLowerCase().replaceAll("-", "_"), value);
    default:
      return value;
  }
}

/** What a parser made of a text, or its suggestion as the fix. */
function understood<K extends ValueKind>(
  kind: K,
  text: string,
  parsed: Readonly<Record<K, string>> | { readonly suggestion: string },
): string {
  if (kind in parsed) return (parsed as Readonly<Record<K, string>>)[kind];
  throw unknown(kind, text, (parsed as { readonly suggestion: string }).suggestion);
}

function oneOf(kind: ValueKind, known: readonly string[], word: string, text: string): string {
  if (known.includes(word)) return word;
  const meant = nearest(word, known);
  throw unknown(kind, text, `${meant === undefined ? "" : `did you mean ${meant}? `}one of ${known.join(", ")}`);
}

function unknown(kind: ValueKind, text: string, fix: string): AuraError {
  return new AuraError("usage", `${JSON.stringify(text.slice(0, 80))} is no ${kind}`, { fix });
}
