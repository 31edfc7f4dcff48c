import { phaseOf, ROLES, type PhaseId, type Role } from "./phases.js";
import type { EpochState } from "./state.js";

/** The role of who acts: a role's own name, or that of a registered session. null: a person. */
export function actorRole(state: Pick<EpochState, "sessions">, actor: string | undefined): Role | null {
  if (actor === undefined || actor === "") return null;
  if ((ROLES as readonly string[]).includes(actor)) return actor as Role;
  return Object.hasOwn(state.sessions, actor) ? state.sessions[actor]!.role : null;
}

export function owns(role: Role, phase: PhaseId): boolean {
  return phaseOf(phase).owners.includes(role);
}
