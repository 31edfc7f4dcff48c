import { describe, expect, it } from "vitest";
import { CONSTRAINTS } from "../../src/epochs/constraints/table.js";
import type { Checked } from "../../src/epochs/constraints/constraint.js";
import type { EpochCommand } from "../../src/epochs/epoch.js";
import type { EpochState } from "../../src/epochs/state.js";
import { Epoch, plan, slice } from "./make.js";

const EVERYTHING = plan([
  slice("a", { path: "/a", leaves: ["L1", "L2", "L3"] }),
  slice("b", { path: "/b", needs: ["a"], resources: ["db"] }),
]);

/** Commands that break a constraint, each from an epoch that is clean until then. */
const BREACHES: Readonly<Record<string, { readonly blocking: boolean; readonly break: () => Epoch }>> = {
  "C-actionable-errors": {
    blocking: false,
    break: () => send(new Epoch(EVERYTHING).walk("p9"), { kind: "complete_slice", message: { slice_id: "a", success: false } }),
  },
  "C-review-consensus": { blocking: true, break: () => tap(new Epoch().walk("p4"), (epoch) => epoch.to("p5")) },
  "C-review-binary": {
    blocking: true,
    break: () =>
      send(new Epoch(), { kind: "vote", message: { axis: "elegance", vote: "OK", reviewer_id: "r" } } as unknown as EpochCommand),
  },
  "C-severity-not-plan": { blocking: true, break: () => tap(new Epoch().walk("p4"), (epoch) => epoch.block()) },
  "C-blocker-dual-parent": { blocking: false, break: () => tap(new Epoch(EVERYTHING).walk("p10"), (epoch) => epoch.block()) },
  "C-clean-review-exit": {
    blocking: true,
    break: () =>
      tap(new Epoch().walk("p10"), (epoch) => {
        epoch.block();
        epoch.acceptAll();
        epoch.to("p11");
      }),
  },
  "C-slice-review-before-close": {
    blocking: false,
    break: () =>
      tap(new Epoch(EVERYTHING).walk("p10"), (epoch) => {
        epoch.block("a");
        send(epoch, { kind: "register_session", message: { session_id: "w1", role: "worker" } });
        send(epoch, { kind: "finding", message: { op: "resolve", by: "w1" } });
      }),
  },
  "C-vertical-slices": {
    blocking: false,
    break: () => new Epoch(plan([slice("a", { path: "/x" }), slice("b", { path: "/x" })])).walk("p9"),
  },
  "C-slice-leaf-tasks": { blocking: false, break: () => new Epoch(plan([slice("a", { leaves: [] })])).walk("p9") },
  "C-worker-gates": { blocking: true, break: () => tap(new Epoch(EVERYTHING).walk("p9"), (epoch) => epoch.to("p10")) },
  "C-supervisor-no-impl": {
    blocking: false,
    break: () =>
      send(new Epoch(EVERYTHING).walk("p9"), {
        kind: "slice_progress",
        message: { slice_id: "a", leaf_task_id: "L1", stage_name: "code", completed: true, by: "supervisor" },
      }),
  },
  "C-autonomous-progression": {
    blocking: false,
    break: () => send(new Epoch().walk("p7"), { kind: "answer", message: { question: "Go on?", answer: "yes", answered_by: "ann" } }),
  },
  "C-ure-verbatim": { blocking: true, break: () => tap(new Epoch().walk("p2"), (epoch) => epoch.to("p3", {})) },
  "C-max-review-cycles": {
    blocking: true,
    break: () =>
      tap(new Epoch(EVERYTHING).walk("p10"), (epoch) => {
        epoch.block("a");
        for (let round = 0; round < 4; round += 1) {
          epoch.walk("p10");
          epoch.to("p9");
        }
      }),
  },
};

/** States that the reducer never makes: the checks that guard it are given them by hand. */
const GUARDS: Readonly<Record<string, (step: Checked) => Checked>> = {
  "C-audit-never-delete": (step) => ({ ...step, before: { ...step.before, transition_count: step.after.transition_count + 1 } }),
  "C-audit-dep-chain": (step) => ({ ...step, after: { ...step.after, transitions: [] } }),
  "C-dep-direction": (step) => ({
    ...step,
    after: { ...step.after, slices: { ...step.after.slices, b: { ...step.after.slices["b"]!, state: "starting" } } },
  }),
  "C-severity-eager": (step) => ({ ...step, after: { ...step.after, phase: "p10", severity_groups: false } }),
  "C-proposal-naming": (step) => ({ ...step, after: { ...step.after, proposal: step.before.proposal + 1 } }),
};

function send(epoch: Epoch, command: EpochCommand): Epoch {
  epoch.send(command);
  return epoch;
}

function tap(epoch: Epoch, act: (epoch: Epoch) => unknown): Epoch {
  act(epoch);
  return epoch;
}

function lastStep(epoch: Epoch): Checked {
  const [before, after] = epoch.steps.slice(-2).map((step) => step.state) as [EpochState, EpochState];
  return { before, after, command: epoch.commands.at(-1)!, refused: epoch.steps.at(-1)!.reply.refused };
}

describe("the constraints", () => {
  it("are 28, each with a name of its own, checked or left out with a reason", () => {
    expect(CONSTRAINTS).toHaveLength(28);
    expect(new Set(CONSTRAINTS.map(({ id }) => id)).size).toBe(28);
    for (const { id, note } of CONSTRAINTS) {
      expect(id).toMatch(/^C-[a-z-]+$/);
      expect(note).not.toBe("");
    }
  });

  it("that are checked have each a case here that breaks them", () => {
    const checked = CONSTRAINTS.filter(({ check }) => check !== null).map(({ id }) => id);
    expect([...Object.keys(BREACHES), ...Object.keys(GUARDS)].toSorted()).toEqual(checked.toSorted());
  });

  it.each(Object.entries(BREACHES))("%s is found, recorded and audited", (id, example) => {
    const epoch = example.break();
    expect(epoch.state.violations).toMatchObject([{ constraint: id, blocking: example.blocking }]);
    expect(epoch.state.violation_count).toBe(1);
    const audited = epoch.events.filter(({ type }) => type === "constraint_check");
    expect(audited.map(({ payload }) => payload)).toEqual([
      { constraint: id, blocking: example.blocking, message: epoch.state.violations[0]!.message },
    ]);
  });

  it.each(Object.entries(GUARDS))("%s guards the reducer itself", (id, spoil) => {
    const { check } = CONSTRAINTS.find((constraint) => constraint.id === id)!;
    const epoch = new Epoch(EVERYTHING).walk("p9");
    const step = lastStep(epoch);
    expect(check?.(step)).toEqual([]);
    expect(check?.(spoil(step))).toHaveLength(1);
  });

  it("find nothing in a clean epoch with a plan, answers, a review cycle and resolved findings", () => {
    const epoch = new Epoch(EVERYTHING).walk("p2");
    send(epoch, { kind: "answer", message: { question: "Which?", options: ["x", "y"], answer: "x", answered_by: "ann" } });
    epoch.walk("p10").block("a");
    epoch.vote("elegance", "REVISE", "r3", { slice_ids: ["b"] });
    epoch.to("p9", { triggered_by: "supervisor" });
    epoch.walk("p10");
    send(epoch, { kind: "finding", message: { op: "resolve", by: "reviewer" } });
    epoch.walk("complete");
    expect(epoch.state).toMatchObject({ status: "complete", violations: [], violation_count: 0 });
  });

  it("note an open IMPORTANT when p10 is left, and hold nothing up for it", () => {
    const epoch = new Epoch(EVERYTHING).walk("p10");
    send(epoch, { kind: "finding", message: { op: "add", severity: "IMPORTANT", slice_id: "a" } });
    epoch.walk("p11");
    expect(epoch.state).toMatchObject({ phase: "p11", violations: [{ constraint: "C-clean-review-exit", blocking: false, phase: "p10" }] });
  });

  it("note progress of a leaf that the slice does not have", () => {
    const epoch = new Epoch(EVERYTHING).walk("p9");
    const progress = (leaf_task_id: string) =>
      send(epoch, { kind: "slice_progress", message: { slice_id: "a", leaf_task_id, stage_name: "code", completed: true } });
    progress("L1");
    progress("a");
    expect(epoch.state.violations).toEqual([]);
    progress("L9");
    expect(epoch.state.violations).toMatchObject([{ constraint: "C-slice-leaf-tasks", blocking: false }]);
  });
});
