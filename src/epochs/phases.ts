/** The twelve phases of an epoch and its end. Ids are stored in histories and audit trails: never rename one. */
export const PHASE_IDS = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "complete"] as const;
export type PhaseId = (typeof PHASE_IDS)[number];

export const ROLES = ["epoch", "architect", "supervisor", "reviewer", "worker"] as const;
export type Role = (typeof ROLES)[number];

export type Domain = "user" | "plan" | "impl" | "";

export interface Substep {
  readonly id: string;
  readonly type: string;
  readonly mode: "sequential" | "parallel";
  /** How many run side by side: one, one an axis, or one a slice. */
  readonly instances: "one" | "axes" | "slices";
}

export interface Phase {
  readonly id: PhaseId;
  /** Part of the long form: `p8-impl-plan`. */
  readonly slug: string;
  readonly name: string;
  readonly domain: Domain;
  /** Who may act in it; `epoch` may in every phase. */
  readonly owners: readonly Role[];
  /** Who leads it: shown as the current role. */
  readonly lead: Role;
  /** Leaving it is a person's answer. */
  readonly userGate: boolean;
  readonly substeps: readonly Substep[];
}

const one = (id: string, type: string): Substep => ({ id, type, mode: "sequential", instances: "one" });
const parallel = (id: string, type: string, instances: Substep["instances"] = "one"): Substep => ({
  id,
  type,
  mode: "parallel",
  instances,
});
const phase = (
  id: PhaseId,
  slug: string,
  name: string,
  domain: Domain,
  owners: readonly Role[],
  lead: Role,
  substeps: readonly Substep[],
): Phase => ({
  id,
  slug,
  name,
  domain,
  owners: ["epoch", ...owners],
  lead,
  substeps,
  userGate: id === "p2" || id === "p5" || id === "p11",
});

export const PHASES: readonly Phase[] = [
  phase("p1", "request", "Request", "user", ["architect"], "architect", [
    one("s1_1", "classify"),
    parallel("s1_2", "research"),
    parallel("s1_3", "explore"),
  ]),
  phase("p2", "elicit", "Elicit", "user", ["architect"], "architect", [one("s2_1", "elicit"), one("s2_2", "urd")]),
  phase("p3", "propose", "Propose", "plan", ["architect"], "architect", [one("s3", "propose")]),
  phase("p4", "review", "Review", "plan", ["architect", "reviewer"], "reviewer", [parallel("s4", "review", "axes")]),
  phase("p5", "plan-uat", "Plan UAT", "user", ["architect"], "architect", [one("s5", "uat")]),
  phase("p6", "ratify", "Ratify", "plan", ["architect"], "architect", [one("s6", "ratify")]),
  phase("p7", "handoff", "Handoff", "plan", ["architect", "supervisor"], "architect", [one("s7", "handoff")]),
  phase("p8", "impl-plan", "Impl Plan", "impl", ["supervisor"], "supervisor", [one("s8", "plan")]),
  phase("p9", "worker-slices", "Worker Slices", "impl", ["supervisor", "worker"], "worker", [parallel("s9", "slice", "slices")]),
  phase("p10", "code-review", "Code Review", "impl", ["supervisor", "reviewer"], "reviewer", [parallel("s10", "review", "axes")]),
  phase("p11", "impl-uat", "Impl UAT", "user", ["supervisor"], "supervisor", [one("s11", "uat")]),
  phase("p12", "landing", "Landing", "impl", ["supervisor"], "supervisor", [one("s12", "landing")]),
];

export const COMPLETE: Phase = phase("complete", "complete", "Complete", "", [], "epoch", []);

export function phaseOf(id: PhaseId): Phase {
  return PHASES.find((candidate) => candidate.id === id) ?? COMPLETE;
}

export function isPhaseId(text: string): text is PhaseId {
  return (PHASE_IDS as readonly string[]).includes(text);
}

/** Phases with three reviewers, one an axis. */
export function isReviewPhase(id: PhaseId): id is "p4" | "p10" {
  return id === "p4" || id === "p10";
}
