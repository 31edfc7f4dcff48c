import { GATES, openFindings } from "../gates.js";
import { VOTES } from "../messages.js";
import { exhaustedSlices, MAX_CYCLES } from "../review-cycles.js";
import { edge, type Gate } from "../transitions.js";
import { asked, broken, took, type Breach, type Checked, type Constraint } from "./constraint.js";

/** Of the two reviews and what they find. */
export const REVIEW: readonly Constraint[] = [
  {
    id: "C-review-consensus",
    given: "a review in p4 or p10",
    when: "it is judged",
    must: "three ACCEPT first",
    not: "go on with a REVISE",
    check: (step) => gate(step, "consensus"),
    note: "p4 → p5 and p10 → p11 without three ACCEPT votes are refused",
  },
  {
    id: "C-review-binary",
    given: "a reviewer",
    when: "votes",
    must: "ACCEPT or REVISE",
    not: "other words",
    check: binary,
    malformed: true,
    note: "any other word is refused",
  },
  {
    id: "C-review-naming",
    given: "a review task",
    when: "it is made",
    must: "SCOPE-REVIEW-axis-round",
    not: "reviewer numbers",
    check: null,
    note: "review tasks are made in the task tracker, which Aura does not read",
  },
  {
    id: "C-severity-eager",
    given: "a round of p10",
    when: "it starts",
    must: "all three groups exist",
    not: "make them lazily",
    check: (step) =>
      step.after.phase === "p10" && !step.after.severity_groups ? [broken(step, "p10 was entered without its severity groups")] : [],
    note: "in p10 the three groups are there",
  },
  {
    id: "C-severity-not-plan",
    given: "p4",
    when: "reviewing",
    must: "votes only",
    not: "severity tree",
    check: (step) =>
      step.command.kind === "finding" && step.command.message.op === "add" && step.before.phase === "p4"
        ? [broken(step, "a finding with a severity in p4, which is judged by votes alone")]
        : [],
    note: "a finding in p4 is refused",
  },
  {
    id: "C-blocker-dual-parent",
    given: "a BLOCKER",
    when: "it is recorded",
    must: "it belongs to its group and to a slice",
    not: "group only",
    check: dualParent,
    note: "of an epoch with a plan: a BLOCKER recorded from p9 on that names no slice",
  },
  {
    id: "C-clean-review-exit",
    given: "the review of slices",
    when: "it is judged",
    must: "0 BLOCKER, 0 IMPORTANT",
    not: "leave dirty",
    check: cleanExit,
    note: "p10 → p11: refused with an open BLOCKER; noted with an open IMPORTANT, unless its slice has had all its cycles",
  },
  {
    id: "C-max-review-cycles",
    given: "a review-fix loop",
    when: "it is counted",
    must: `at most ${MAX_CYCLES} a slice, then the architect`,
    not: "go on, or ask the user",
    check: maxCycles,
    note: "going back to p9: a slice that has had its cycles is not started again",
  },
];

function gate(step: Checked, which: Gate): readonly Breach[] {
  const message = asked(step);
  const way = message === null ? undefined : edge(step.before.phase, message.to_phase);
  if (way === undefined || step.before.status !== "running" || !way.gates.includes(which)) return [];
  return GATES[which](step.before, way).map((line) => broken(step, line));
}

function binary(step: Checked): readonly Breach[] {
  const message: unknown = step.command.message;
  if (step.command.kind !== "vote" || typeof message !== "object" || message === null) return [];
  const { vote } = message as { readonly vote?: unknown };
  return VOTES.some((word) => word === vote) ? [] : [broken(step, "a vote that is neither ACCEPT nor REVISE")];
}

function dualParent(step: Checked): readonly Breach[] {
  if (step.command.kind !== "finding" || step.refused.length > 0 || step.before.plan === null) return [];
  const { op, severity = "BLOCKER", slice_id } = step.command.message;
  const coded = ["p9", "p10", "p11", "p12"].includes(step.before.phase);
  if (op !== "add" || severity !== "BLOCKER" || slice_id !== undefined || !coded) return [];
  return [broken(step, `blocker ${step.after.findings.at(-1)?.id} names no slice, so that none starts again for it`)];
}

function cleanExit(step: Checked): readonly Breach[] {
  const dirty = gate(step, "blocker");
  if (!took(step, "p10", "p11")) return dirty;
  const important = openFindings(step.before).filter(({ severity, slice_id }) => {
    const cycles = slice_id === null ? 0 : (step.before.slices[slice_id]?.cycles ?? 0);
    return severity === "IMPORTANT" && cycles < MAX_CYCLES;
  });
  return [...dirty, ...important.map(({ id }) => broken(step, `p10 was left while ${id} (IMPORTANT) is open`))];
}

function maxCycles(step: Checked): readonly Breach[] {
  if (!took(step, "p10", "p9") && !took(step, "p11", "p9")) return [];
  return exhaustedSlices(step.before).map(({ id, because }) => ({
    message: `slice ${id} has had ${MAX_CYCLES} review-fix cycles and does not start again (${because.join(", ")}); it goes to the architect`,
    blocking: true,
  }));
}
