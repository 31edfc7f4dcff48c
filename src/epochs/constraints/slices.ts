import { GATES } from "../gates.js";
import { plannedSlice } from "../schedule.js";
import { sliceOf } from "../slice-lookup.js";
import type { PlannedSlice } from "../slice.js";
import { edge } from "../transitions.js";
import { asked, broken, senderRole, took, type Breach, type Checked, type Constraint } from "./constraint.js";

/** Of slices: how the work is cut, and when it counts as done. */
export const SLICES: readonly Constraint[] = [
  {
    id: "C-slice-review-before-close",
    given: "a slice's finding",
    when: "it is closed",
    must: "the supervisor closes it after review",
    not: "the worker closes it",
    check: workerCloses,
    note: "a finding that a worker resolves itself",
  },
  {
    id: "C-vertical-slices",
    given: "the decomposition",
    when: "slices are assigned",
    must: "one path, one worker",
    not: "horizontal layers, shared path",
    check: sharedPaths,
    note: "p8 → p9: two slices of the plan with the same `path`",
  },
  {
    id: "C-slice-leaf-tasks",
    given: "a slice",
    when: "it is decomposed",
    must: "it has leaves, such as L1, L2, L3",
    not: "no children",
    check: leaves,
    note: "p8 → p9: `leaves` given, but empty or twice the same; progress of a leaf that the slice does not have",
  },
  {
    id: "C-integration-points",
    given: "slices that share contracts",
    when: "p8",
    must: "name owner, consumers, contract, merge time",
    not: "leave it implicit",
    check: null,
    note: "contracts are prose of the implementation plan; of what slices share Aura knows `needs` and `resources`, and keeps those",
  },
];

export const WORKER_GATES: Constraint = {
  id: "C-worker-gates",
  given: "a worker is done",
  when: "it says so",
  must: "its gates are green",
  not: "tests only",
  check: workerGates,
  note: "p9 → p10 before every slice has succeeded is refused; a slice told succeeded after its own command failed is noted",
};

function workerCloses(step: Checked): readonly Breach[] {
  if (step.command.kind !== "finding" || step.command.message.op !== "resolve" || step.refused.length > 0) return [];
  if (senderRole(step) !== "worker") return [];
  return [broken(step, `a finding was resolved by ${step.command.message.by}, a worker; that is for a reviewer or the supervisor`)];
}

function sharedPaths(step: Checked): readonly Breach[] {
  return cut(step).flatMap((slice, index, all) => {
    const first = slice.path === undefined ? undefined : all.slice(0, index).find(({ path }) => path === slice.path);
    return first === undefined ? [] : [broken(step, `slices ${first.id} and ${slice.id} share the path ${slice.path}`)];
  });
}

function leaves(step: Checked): readonly Breach[] {
  const uncut = cut(step).filter((slice) => slice.leaves !== undefined && new Set(slice.leaves).size !== Math.max(1, slice.leaves.length));
  const breaches = uncut.map(({ id }) => broken(step, `the leaves of slice ${id} are none, or twice the same`));
  if (step.command.kind !== "slice_progress" || step.refused.length > 0) return breaches;
  const { slice_id, leaf_task_id } = step.command.message;
  const known = plannedSlice(step.before, slice_id)?.leaves;
  if (known === undefined || leaf_task_id === slice_id || known.includes(leaf_task_id)) return breaches;
  return [...breaches, broken(step, `progress of ${leaf_task_id}, which is no leaf of slice ${slice_id}`)];
}

/** The slices of the plan, in the step that hands them to workers. */
function cut(step: Checked): readonly PlannedSlice[] {
  return took(step, "p8", "p9") ? (step.before.plan?.slices ?? []) : [];
}

function workerGates(step: Checked): readonly Breach[] {
  const way = asked(step)?.to_phase === "p10" ? edge(step.before.phase, "p10") : undefined;
  if (way !== undefined && step.before.status === "running") return GATES.slices(step.before, way).map((line) => broken(step, line));
  if (step.command.kind !== "complete_slice" || step.refused.length > 0 || !step.command.message.success) return [];
  const { slice_id } = step.command.message;
  const state = sliceOf(step.before, slice_id)?.state;
  const real = (plannedSlice(step.before, slice_id)?.mode ?? "mock") !== "mock";
  if (!real || (state !== "failed" && state !== "timed_out")) return [];
  return [broken(step, `slice ${slice_id} was told succeeded, but its command had ${state === "failed" ? "failed" : "timed out"}`)];
}
