import { openFindings } from "../gates.js";
import { activeSessions } from "../sessions.js";
import type { EpochState } from "../state.js";
import { broken, type Breach, type Checked, type Constraint } from "./constraint.js";

/** Of every role and phase: what is written down, and how. */
export const RECORD: readonly Constraint[] = [
  {
    id: "C-audit-never-delete",
    given: "anything recorded",
    when: "it changes",
    must: "only add to it",
    not: "delete, close early, strip labels",
    check: neverDelete,
    note: "no step drops an open finding, an active session, or lowers a count",
  },
  {
    id: "C-audit-dep-chain",
    given: "a phase change",
    when: "it is recorded",
    must: "chain it to the one before",
    not: "skip or invert the chain",
    check: depChain,
    note: "every transition begins where the last good one ended",
  },
  {
    id: "C-dep-direction",
    given: "a dependency",
    when: "work starts",
    must: "what stays open waits for what must finish",
    not: "invert it",
    check: depDirection,
    note: "no slice is started before all its needs have succeeded",
  },
  {
    id: "C-frontmatter-refs",
    given: "links between tasks",
    when: "linking",
    must: "list ids in a header block",
    not: "relate links, or blocking dependencies as references",
    check: null,
    note: "links are made in the task tracker, which Aura does not read",
  },
  {
    id: "C-actionable-errors",
    given: "any error",
    when: "it is told",
    must: "say what, why and the fix",
    not: "vague text",
    check: actionable,
    note: "a slice told failed has an error text; every refusal names what to do",
  },
];

function neverDelete(step: Checked): readonly Breach[] {
  const { before, after } = step;
  const findings = new Set(after.findings.map(({ id }) => id));
  const lost = [
    ...openFindings(before).filter(({ id }) => !findings.has(id)),
    ...activeSessions(before).filter(({ session_id }) => !Object.hasOwn(after.sessions, session_id)),
  ];
  const sunk = COUNTS.filter((count) => after[count] < before[count]);
  return [...lost.map(nameOf), ...sunk].map((what) => broken(step, `${what} was dropped from the record`));
}

const COUNTS = ["transition_count", "violation_count", "proposal"] as const satisfies readonly (keyof EpochState)[];

function nameOf(lost: { readonly id: string } | { readonly session_id: string }): string {
  return "id" in lost ? `finding ${lost.id}` : `session ${lost.session_id}`;
}

function depChain(step: Checked): readonly Breach[] {
  if (step.before.phase === step.after.phase) return [];
  const last = step.before.transitions.findLast(({ success }) => success);
  const added = step.after.transitions.at(-1);
  const unbroken = last === undefined || last.to_phase === step.before.phase;
  if (unbroken && added?.from_phase === step.before.phase && added.to_phase === step.after.phase) return [];
  return [broken(step, `the way to ${step.after.phase} does not begin at ${last?.to_phase ?? "p1"}, where the last one ended`)];
}

function depDirection(step: Checked): readonly Breach[] {
  const { before, after } = step;
  const started = (before.plan?.slices ?? []).filter(
    ({ id }) => after.slices[id]?.state === "starting" && before.slices[id]?.state !== "starting",
  );
  return started.flatMap(({ id, needs }) =>
    needs
      .filter((need) => before.slices[need]?.state !== "succeeded")
      .map((need) => broken(step, `slice ${id} was started before ${need}, which it needs`)),
  );
}

function actionable(step: Checked): readonly Breach[] {
  const vague = step.refused
    .filter((line) => !line.includes("; "))
    .map((line) => ({ message: `no fix is told: ${line}`, blocking: false }));
  if (step.command.kind !== "complete_slice" || step.refused.length > 0) return vague;
  const { success, error = "", slice_id } = step.command.message;
  return success || error.trim() !== "" ? vague : [...vague, broken(step, `slice ${slice_id} was told failed without an error text`)];
}

export const PROPOSALS: Constraint = {
  id: "C-proposal-naming",
  given: "a proposal",
  when: "it is begun",
  must: "PROPOSAL-N with N rising, the old one superseded",
  not: "use a number again",
  check: (step) => {
    const begun = step.command.kind === "advance" && step.refused.length === 0 && step.after.phase === "p3" ? 1 : 0;
    const { before, after } = step;
    return after.proposal === before.proposal + begun ? [] : [broken(step, `PROPOSAL-${before.proposal} is followed by ${after.proposal}`)];
  },
  note: "every entry to p3 raises the proposal's number by one, nothing else does",
};

export const AGENT_COMMITS: Constraint = {
  id: "C-agent-commit",
  given: "a commit",
  when: "it is made",
  must: "git agent-commit",
  not: "git commit",
  check: null,
  note: "commits are made inside the slices' repositories, and `git agent-commit` is not part of git",
};
