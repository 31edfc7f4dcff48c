import { AUDIT_TYPES, type AuditFilter } from "../epochs/audit.js";
import { problemOfStart } from "../epochs/check-message.js";
import type { StartRequest } from "../epochs/control.js";
import { idProblem } from "../epochs/ids.js";
import { parsePhase } from "../epochs/parse-phase.js";
import { ROLES } from "../epochs/phases.js";
import { AuraError } from "../shared/errors.js";
import { planRequest } from "./plan-request.js";

/** The id in a path; one that no epoch can have is simply not there. */
export function epochIdOf(text: string): string {
  if (idProblem("epoch", text) === null) return text;
  throw new AuraError("not_found", `there is no epoch ${JSON.stringify(text.slice(0, 100))}`, {
    fix: "see the epochs with: aura-msg epoch list",
  });
}

export function sliceIdOf(text: string): string {
  if (idProblem("slice", text) === null) return text;
  throw new AuraError("not_found", `there is no slice ${JSON.stringify(text.slice(0, 100))}`, {
    fix: "see the slices with: aura-msg slice list --epoch-id ID",
  });
}

export function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Readonly<Record<string, unknown>>;
  throw usage("the body is not a JSON object");
}

/** `{epoch_id, description?, plan?}`. Throws AuraError `usage`. */
export function startRequest(body: Readonly<Record<string, unknown>> & { readonly by: unknown }): StartRequest {
  const { epoch_id, description = "", plan, by } = body;
  if (typeof description !== "string") throw usage("`description` is not a text");
  if (typeof by !== "string") throw usage("`by` is not a text");
  const problem = problemOfStart({ epoch_id: epoch_id as string, description });
  if (problem !== null) throw usage(problem);
  return { epoch_id: epoch_id as string, description, plan: planRequest(plan), by };
}

/** `?phase=p4&role=reviewer&type=vote_recorded&after=12`, each of them or none. */
export function auditFilter({ phase, role, type, after }: Readonly<Record<string, string>>): AuditFilter {
  return {
    ...(phase === undefined ? {} : { phase: phaseOf(phase) }),
    ...(role === undefined ? {} : { role: oneOf("role", ROLES, role) }),
    ...(type === undefined ? {} : { type: oneOf("type", AUDIT_TYPES, type) }),
    ...(after === undefined ? {} : { after: sequence(after) }),
  };
}

function phaseOf(text: string): NonNullable<AuditFilter["phase"]> {
  const parsed = parsePhase(text);
  if ("phase" in parsed) return parsed.phase;
  throw usage(`phase ${JSON.stringify(text)} is not known; ${parsed.suggestion}`);
}

function oneOf<T extends string>(what: string, known: readonly T[], text: string): T {
  const found = known.find((word) => word === text);
  if (found !== undefined) return found;
  throw usage(`${what} ${JSON.stringify(text)} is not known; give one of ${known.join(", ")}`);
}

function sequence(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw usage(`after is ${JSON.stringify(text)}, not the number of an event`);
}

function usage(message: string): AuraError {
  return new AuraError("usage", message, { fix: "see docs/reference/api.md" });
}
