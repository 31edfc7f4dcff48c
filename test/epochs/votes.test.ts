import { describe, expect, it } from "vitest";
import { Epoch, plan, slice } from "./make.js";

describe("votes", () => {
  it("are one axis a reviewer and one reviewer an axis, in a round", () => {
    const epoch = new Epoch().walk("p4");
    epoch.vote("correctness", "ACCEPT", "r1");
    expect(epoch.vote("elegance", "ACCEPT", "r1").reply.refused).toEqual([
      "r1 votes on correctness in this round; one reviewer has one axis, let another one vote on elegance",
    ]);
    expect(epoch.vote("correctness", "REVISE", "r2").reply.refused).toEqual([
      "correctness is r1's in this round; another axis, or a vote by r1",
    ]);
    epoch.to("p3");
    epoch.to("p4");
    expect(epoch.vote("elegance", "ACCEPT", "r1").reply.success).toBe(true);
    expect(epoch.vote("correctness", "ACCEPT", "r2").reply.success).toBe(true);
  });

  it("may be changed by their reviewer, and the audit keeps both", () => {
    const epoch = new Epoch().walk("p10");
    epoch.vote("elegance", "REVISE", "r1", { comment: "names" });
    epoch.vote("elegance", "ACCEPT", "r1");
    expect(epoch.state.votes.elegance).toMatchObject({ vote: "ACCEPT", reviewer_id: "r1" });
    expect(epoch.state.votes.elegance).not.toHaveProperty("comment");
    expect(epoch.events.filter(({ type, phase }) => type === "vote_recorded" && phase === "p10").map(({ payload }) => payload)).toEqual([
      { axis: "elegance", vote: "REVISE", reviewer_id: "r1", counts: true, round: 1, comment: "names" },
      { axis: "elegance", vote: "ACCEPT", reviewer_id: "r1", counts: true, round: 1, changed_from: "REVISE" },
    ]);
  });

  it("are taken in every phase, and gone with the next", () => {
    const epoch = new Epoch().walk("p3");
    const { reply, events } = epoch.vote("correctness", "REVISE", "r1");
    expect(reply.success).toBe(true);
    expect(events[0]).toMatchObject({ phase: "p3", role: "reviewer", by: "r1", payload: { counts: false } });
    epoch.to("p4");
    expect(epoch.state.votes).toEqual({});
  });

  it("name slices of the plan only", () => {
    const epoch = new Epoch(plan([slice("a"), slice("b")])).walk("p10");
    expect(epoch.vote("elegance", "REVISE", "r1", { slice_ids: ["a", "x"] }).reply.refused).toEqual([
      "no slice x in the plan; known: a and b",
    ]);
    expect(epoch.vote("elegance", "REVISE", "r1", { slice_ids: ["a"] }).reply.success).toBe(true);
  });
});
