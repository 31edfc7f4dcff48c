import { parsePlan } from "../epochs/plan/parse.js";
import type { SlicePlan } from "../epochs/slice.js";
import { AuraError } from "../shared/errors.js";

/** Names of a parsed plan, and what a person calls the same in a plan file. */
const WRITTEN: Readonly<Record<string, string>> = { timeout_s: "timeout", heartbeat_s: "heartbeat" };

/**
 * The `plan` of a request: a plan file as JSON, or a parsed plan; the rules are those of a file. Working directories are
 * absolute, for there is no folder to see them from. Throws AuraError `usage` with every problem, in one line.
 */
export function planRequest(plan: unknown): SlicePlan | null {
  if (plan === undefined || plan === null) return null;
  if (typeof plan !== "object" || Array.isArray(plan)) throw wrong(["plan: is not an object; send what a plan file says"]);
  const { slices } = plan as { readonly slices?: unknown };
  const written = { ...plan, ...(Array.isArray(slices) ? { slices: slices.map(asWritten) } : {}) };
  const parsed = parsePlan(JSON.stringify(written), { file: "plan", dir: "/", home: "/" });
  // All of it stands on one line, whose number says nothing.
  if ("problems" in parsed) throw wrong(parsed.problems.map((line) => line.replace(/^plan:\d+: /, "plan: ")));
  const relative = parsed.plan.slices.findIndex(({ mode }, at) => mode !== "mock" && !isAbsolute((slices as readonly unknown[])[at]));
  if (relative >= 0)
    throw wrong([`plan: slices[${relative + 1}].working_dir: is no absolute path; a request has no folder to see it from`]);
  return parsed.plan;
}

function asWritten(slice: unknown): unknown {
  if (typeof slice !== "object" || slice === null || Array.isArray(slice)) return slice;
  return Object.fromEntries(
    Object.entries(slice).flatMap(([key, value]): [string, unknown][] => (value === null ? [] : [[WRITTEN[key] ?? key, value]])),
  );
}

function isAbsolute(slice: unknown): boolean {
  const { working_dir } = slice as { readonly working_dir?: unknown };
  return typeof working_dir === "string" && working_dir.startsWith("/");
}

function wrong(problems: readonly string[]): AuraError {
  return new AuraError("usage", problems.join("; "), { fix: "see docs/reference/api.md" });
}
