import { describe, expect, it } from "vitest";
import { availableTransitions, epochDocument, missingGates } from "../../src/epochs/document.js";
import { Epoch } from "./make.js";

describe("the straight way", () => {
  it("goes through all phases to complete, without a violation", () => {
    const epoch = new Epoch().walk("complete");
    expect(epoch.state).toMatchObject({
      phase: "complete",
      status: "complete",
      transition_count: 12,
      violation_count: 0,
      last_error: null,
    });
    expect(epoch.state.ended_at).toBe(epoch.state.transitions.at(-1)?.timestamp);
    expect(epoch.state.completed).toEqual(["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12"]);
    expect(availableTransitions(epoch.state)).toEqual([]);
  });

  it("shows the lead of the phase as the role, never always the same one", () => {
    const roles = (["p1", "p4", "p8", "p9", "p10", "p12"] as const).map(
      (phase) => epochDocument(new Epoch().walk(phase).state).current_role,
    );
    expect(roles).toEqual(["architect", "reviewer", "supervisor", "worker", "reviewer", "supervisor"]);
  });

  it("refuses everything but the end of a session once it is complete", () => {
    const epoch = new Epoch().walk("complete");
    expect(epoch.to("p1").reply.refused).toEqual(["the epoch is complete; start another one"]);
    expect(epoch.vote("elegance", "ACCEPT").reply.refused).toEqual(["the epoch is complete; start another one"]);
    expect(epoch.state.transitions.at(-1)).toMatchObject({ success: false, to_phase: "p1" });
  });
});

describe("a refused advance", () => {
  it("says which ways there are when there is no such edge", () => {
    const { reply } = new Epoch().walk("p4").to("p9");
    expect(reply).toMatchObject({ success: false, phase: "p4", role: "reviewer", refused: ["no way from p4 to p9; possible: p5, p3"] });
  });

  it("tells every gate that is not passed at once", () => {
    const epoch = new Epoch().walk("p10");
    epoch.block();
    epoch.vote("correctness", "REVISE");
    expect(epoch.to("p11", { triggered_by: "worker" }).reply.refused).toEqual([
      "consensus gate: REVISE stands on correctness; go back to p9, or have the reviewer change the vote",
      "consensus gate: no vote on test_quality and elegance; three ACCEPT votes are needed",
      "blocker gate: 1 open BLOCKER (b1); resolve, or go back to p9",
      "role gate: worker does not own p10; it is for epoch, supervisor and reviewer, or a person",
    ]);
  });

  it("is recorded, and cleared by the next good one", () => {
    const epoch = new Epoch().walk("p4");
    const { state, events } = epoch.to("p5");
    expect(state.last_error).toMatch(/^consensus gate: no vote on correctness, test_quality and elegance;/);
    expect(state.transitions.at(-1)).toMatchObject({
      success: false,
      condition_met: `FAILED: ${state.last_error}`,
      from_phase: "p4",
      to_phase: "p5",
    });
    expect(events.map(({ type, payload }) => [type, payload["success"] ?? payload["constraint"]])).toEqual([
      ["phase_advance", false],
      ["constraint_check", "C-review-consensus"],
    ]);
    expect(state.violations).toMatchObject([{ constraint: "C-review-consensus", blocking: true, phase: "p4" }]);
    epoch.acceptAll();
    expect(epoch.to("p5").state.last_error).toBeNull();
    expect(epoch.state.violation_count).toBe(1);
  });
});

describe("consensus", () => {
  it("wants an ACCEPT on each of the three axes", () => {
    const epoch = new Epoch().walk("p4");
    epoch.vote("correctness", "ACCEPT");
    epoch.vote("elegance", "ACCEPT");
    expect(epoch.to("p5").reply.refused).toEqual(["consensus gate: no vote on test_quality; three ACCEPT votes are needed"]);
    epoch.vote("test_quality", "ACCEPT");
    expect(missingGates(epoch.state)).toEqual([]);
    expect(epoch.to("p5").reply.success).toBe(true);
  });

  it("leaves only the way back open while a REVISE stands", () => {
    const epoch = new Epoch().walk("p4");
    epoch.acceptAll();
    expect(availableTransitions(epoch.state).map(({ to_phase }) => to_phase)).toEqual(["p5", "p3"]);
    epoch.vote("elegance", "REVISE");
    expect(availableTransitions(epoch.state).map(({ to_phase }) => to_phase)).toEqual(["p3"]);
    expect(epoch.to("p5").reply.success).toBe(false);
    expect(epoch.to("p3").reply.success).toBe(true);
  });

  it("does not carry a vote into the next round", () => {
    const epoch = new Epoch().walk("p4");
    epoch.acceptAll();
    epoch.to("p3");
    epoch.to("p4");
    expect(epoch.to("p5").reply.refused[0]).toMatch(/no vote on correctness, test_quality and elegance/);
  });
});

describe("the proposal's number", () => {
  it("rises with every entry to p3", () => {
    const epoch = new Epoch().walk("p4");
    expect(epoch.state.proposal).toBe(1);
    epoch.to("p3");
    expect(epoch.state.proposal).toBe(2);
    epoch.walk("p5");
    epoch.to("p3");
    expect(epoch.state).toMatchObject({ proposal: 3, completed: ["p1", "p2"] });
  });
});

describe("user gates", () => {
  it.each([
    ["p2", "p3"],
    ["p5", "p6"],
    ["p5", "p3"],
    ["p11", "p12"],
    ["p11", "p9"],
  ] as const)("leaving %s for %s wants to know who says so", (from, to) => {
    const epoch = new Epoch().walk(from);
    const { reply, state } = epoch.to(to, {});
    expect(reply.refused).toEqual([
      expect.stringMatching(/^user gate: leaving p\d+ \(.+\) is a person's answer; say who with --triggered-by$/),
    ]);
    expect(state.violations).toMatchObject([{ constraint: "C-ure-verbatim", blocking: true }]);
    expect(epoch.to(to).reply.success).toBe(true);
  });

  it("keeps the person's words as they were said", () => {
    const epoch = new Epoch().walk("p5");
    const words = '  Yes — but keep the "old" flag.\n\tAnd: hurry! ';
    const { state, events } = epoch.to("p6", { triggered_by: "ann", condition_met: words });
    expect(state.answers.at(-1)).toMatchObject({ phase: "p5", visit: 1, answer: words, answered_by: "ann" });
    expect(events[0]).toMatchObject({ type: "gate_answered", phase: "p5", by: "ann", payload: { answer: words } });
  });

  it("takes the choice itself as the answer of a person who says no more", () => {
    const epoch = new Epoch().walk("p11");
    expect(epoch.to("p9").state.answers.at(-1)).toMatchObject({ answer: "p9", options: ["p12", "p9"] });
  });

  it("takes no agent's word for a person's", () => {
    const epoch = new Epoch().walk("p5");
    epoch.send({ kind: "register_session", message: { session_id: "s-1", role: "architect" } });
    for (const agent of ["architect", "epoch", "s-1"]) {
      expect(epoch.to("p6", { triggered_by: agent }).reply.refused).toEqual([
        `user gate: ${agent} is an agent; give the person's words with --condition, or record the answer first`,
      ]);
    }
    epoch.send({ kind: "answer", message: { question: "Take the plan?", options: ["yes", "no"], answer: "yes", answered_by: "ann" } });
    const { reply, state, events } = epoch.to("p6", { triggered_by: "s-1" });
    expect(reply.success).toBe(true);
    expect(state.answers.filter(({ phase }) => phase === "p5")).toEqual([
      expect.objectContaining({ question: "Take the plan?", options: ["yes", "no"], answer: "yes", answered_by: "ann" }),
    ]);
    expect(events.map(({ type }) => type)).toEqual(["phase_advance", "phase_transition"]);
    expect(state.violations.filter(({ blocking }) => !blocking)).toEqual([]);
  });

  it("does not let an answer serve a later visit", () => {
    const epoch = new Epoch().walk("p5");
    epoch.send({ kind: "answer", message: { question: "?", answer: "no", answered_by: "ann" } });
    epoch.to("p3", { triggered_by: "architect" });
    epoch.walk("p5");
    expect(epoch.to("p6", { triggered_by: "architect" }).reply.success).toBe(false);
  });
});

describe("roles", () => {
  it("lets a role advance the phases it owns, and no others", () => {
    expect(new Epoch().walk("p3").to("p4", { triggered_by: "worker" }).reply.refused).toEqual([
      "role gate: worker does not own p3; it is for epoch and architect, or a person",
    ]);
    expect(new Epoch().walk("p3").to("p4", { triggered_by: "architect" }).reply.success).toBe(true);
    expect(new Epoch().walk("p12").to("complete", { triggered_by: "epoch" }).reply.success).toBe(true);
    expect(new Epoch().walk("p12").to("complete", { triggered_by: "architect" }).reply.success).toBe(false);
  });

  it("holds a registered session to its role", () => {
    const epoch = new Epoch().walk("p6");
    epoch.send({ kind: "register_session", message: { session_id: "s-1", role: "supervisor" } });
    expect(epoch.to("p7", { triggered_by: "s-1" }).reply.refused[0]).toMatch(/^role gate: supervisor does not own p6/);
    expect(epoch.to("p7", { triggered_by: "someone" }).reply.success).toBe(true);
    expect(epoch.to("p8", { triggered_by: "s-1" }).events[0]).toMatchObject({ role: "supervisor", by: "s-1" });
  });
});

describe("the audit of an advance", () => {
  it("names the phase it was asked in and the one it led to", () => {
    const { events } = new Epoch().to("p2", { triggered_by: "ann", condition_met: "classified" });
    expect(events).toMatchObject([
      { type: "phase_advance", phase: "p1", by: "ann", payload: { from: "p1", to: "p2", success: true, condition: "classified" } },
      { type: "phase_transition", phase: "p2", payload: { from: "p1", to: "p2" } },
    ]);
  });
});

describe("cancelling", () => {
  it("ends the epoch where it is, with the reason", () => {
    const epoch = new Epoch().walk("p7");
    const { state, events } = epoch.send({ kind: "cancel", message: { reason: "not needed any more", by: "ann" } });
    expect(state).toMatchObject({ status: "cancelled", phase: "p7", reason: "not needed any more" });
    expect(events).toMatchObject([{ type: "epoch_cancelled", by: "ann", payload: { reason: "not needed any more" } }]);
    expect(epoch.to("p8").reply.refused).toEqual(["the epoch is cancelled; start another one"]);
    expect(epoch.send({ kind: "cancel", message: { reason: "again" } }).reply.refused).toEqual([
      "the epoch is cancelled; start another one",
    ]);
    expect(epochDocument(epoch.state)).toMatchObject({ status: "cancelled", available_transitions: [], missing: [] });
  });
});
