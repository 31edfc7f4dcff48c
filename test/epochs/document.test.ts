import { describe, expect, it } from "vitest";
import { availableTransitions, epochDocument } from "../../src/epochs/document.js";
import { Epoch, plan, slice } from "./make.js";

const ways = (epoch: Epoch) => availableTransitions(epoch.state).map(({ to_phase }) => to_phase);

describe("the document", () => {
  it("of a new epoch says where it is and where it can go", () => {
    expect(epochDocument(new Epoch().state)).toMatchObject({
      schema_version: 1,
      epoch_id: "e1",
      status: "running",
      current_phase: "p1",
      phase_name: "Request",
      domain: "user",
      current_role: "architect",
      started_by: "ann",
      started_at: "2026-01-01T00:00:00.000Z",
      ended_at: null,
      completed_phases: [],
      available_transitions: [{ to_phase: "p2", condition: "the request is classified, research and exploration are done", action: "" }],
      missing: [],
      severity_groups: null,
      violation_count: 0,
    });
  });

  it("tells what keeps the forward way shut, and which ways are open", () => {
    const epoch = new Epoch(plan([slice("a")])).walk("p9");
    expect(epochDocument(epoch.state).missing).toEqual(["slices gate: a (waiting) not succeeded; wait, retry or complete"]);
    expect(ways(epoch)).toEqual([]);
    epoch.walk("p10");
    expect(epochDocument(epoch.state).missing).toEqual([
      "consensus gate: no vote on correctness, test_quality and elegance; three ACCEPT votes are needed",
    ]);
    expect(ways(epoch)).toEqual(["p9"]);
  });

  it("at a user gate wants an answer, which may come with the advance or before it", () => {
    const epoch = new Epoch().walk("p5");
    expect(ways(epoch)).toEqual(["p6", "p3"]);
    expect(epochDocument(epoch.state).missing).toEqual([
      "user gate: leaving p5 (Plan UAT) is a person's answer; say who with --triggered-by, and the words with --condition",
    ]);
    epoch.send({ kind: "answer", message: { question: "Take it?", answer: "yes", answered_by: "ann" } });
    expect(epochDocument(epoch.state)).toMatchObject({ missing: [], answers: [{ phase: "p2" }, { phase: "p5", answer: "yes" }] });
  });

  it("keeps a first vote, an answer and a refusal apart from what came before", () => {
    const epoch = new Epoch().walk("p4");
    epoch.vote("elegance", "REVISE", "r3", { comment: "too clever" });
    epoch.to("p5");
    const { votes, last_error, transition_history, transition_count } = epochDocument(epoch.state);
    expect(votes).toEqual({ elegance: { vote: "REVISE", reviewer_id: "r3", comment: "too clever", at: expect.any(String) as string } });
    expect(last_error).toMatch(/REVISE stands on elegance/);
    expect(transition_count).toBe(4);
    expect(transition_history.map(({ to_phase, success }) => `${to_phase} ${success}`)).toEqual([
      "p2 true",
      "p3 true",
      "p4 true",
      "p5 false",
    ]);
  });
});
