import type { PhaseId } from "./phases.js";

/** Which gate a transition has to pass beside the answer that a user gate wants. */
export type Gate = "consensus" | "blocker" | "slices";

export interface Edge {
  readonly from: PhaseId;
  readonly to: PhaseId;
  /** What should be true before; told to people, checked where `gates` says so. */
  readonly condition: string;
  /** What taking it entails; empty when nothing. */
  readonly action: string;
  readonly gates: readonly Gate[];
  readonly backward: boolean;
}

const forward = (from: PhaseId, to: PhaseId, condition: string, gates: readonly Gate[] = []): Edge => ({
  from,
  to,
  condition,
  action: "",
  gates,
  backward: false,
});
const back = (from: PhaseId, to: PhaseId, condition: string, action: string): Edge => ({
  from,
  to,
  condition,
  action,
  gates: [],
  backward: true,
});

const NEW_PROPOSAL = "write PROPOSAL-(N+1); the old one is superseded";

/** The sixteen edges of the protocol. */
export const EDGES: readonly Edge[] = [
  forward("p1", "p2", "the request is classified, research and exploration are done"),
  forward("p2", "p3", "the requirements document is written"),
  forward("p3", "p4", "a proposal exists"),
  forward("p4", "p5", "three ACCEPT votes", ["consensus"]),
  back("p4", "p3", "a REVISE vote", NEW_PROPOSAL),
  forward("p5", "p6", "the user accepts the plan"),
  back("p5", "p3", "the user wants changes", NEW_PROPOSAL),
  forward("p6", "p7", "the plan is ratified and the implementation plan has its place"),
  forward("p7", "p8", "the handoff is written"),
  forward("p8", "p9", "slices have owners, leaves and dependencies"),
  forward("p9", "p10", "all slices are done and their quality gates green", ["slices"]),
  forward("p10", "p11", "three ACCEPT votes and no open blocker", ["consensus", "blocker"]),
  back("p10", "p9", "a REVISE vote", "fix the blockers in the slices concerned, then review again"),
  forward("p11", "p12", "the user accepts the implementation"),
  back("p11", "p9", "the user wants changes", "fix the slices concerned"),
  forward("p12", "complete", "pushed; tasks closed or resolved"),
];

export function edgesFrom(from: PhaseId): readonly Edge[] {
  return EDGES.filter((edge) => edge.from === from);
}

export function edge(from: PhaseId, to: PhaseId): Edge | undefined {
  return EDGES.find((candidate) => candidate.from === from && candidate.to === to);
}
