import { describe, expect, it } from "vitest";
import { planSlices } from "../../src/epochs/schedule.js";
import { Epoch, plan, slice } from "./make.js";

describe("review cycles", () => {
  const inReview = () => new Epoch(plan([slice("a"), slice("b"), slice("c")])).walk("p10");
  const states = (epoch: Epoch) => Object.values(epoch.state.slices).map(({ state }) => state);

  it("start again what has an open blocker or what a REVISE names, and nothing else", () => {
    const epoch = inReview();
    epoch.block("a");
    epoch.vote("elegance", "REVISE", "r1", { slice_ids: ["c"] });
    const { reply, events } = epoch.to("p9");
    expect(reply).toMatchObject({ success: true, ids: ["a", "c"] });
    expect(states(epoch)).toEqual(["waiting", "succeeded", "waiting"]);
    expect(events.filter(({ type }) => type === "review_cycle")).toMatchObject([
      { phase: "p9", by: "ann", payload: { slice_id: "a", cycle: 1, because: ["blocker b1"], from: "p10" } },
      { phase: "p9", by: "ann", payload: { slice_id: "c", cycle: 1, because: ["REVISE on elegance"], from: "p10" } },
    ]);
    expect(planSlices(epoch.state).start.map(({ slice_id, attempt }) => [slice_id, attempt])).toEqual([
      ["a", 2],
      ["c", 2],
    ]);
  });

  it("start nothing when nothing is named", () => {
    const epoch = inReview();
    epoch.vote("elegance", "REVISE");
    epoch.to("p9");
    expect(states(epoch)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(epoch.to("p10").reply.success).toBe(true);
  });

  it("follow a user's no in p11 as well", () => {
    const epoch = inReview().walk("p11");
    epoch.block("b");
    epoch.to("p9", { triggered_by: "ann", condition_met: "the button is green" });
    expect(states(epoch)).toEqual(["succeeded", "waiting", "succeeded"]);
  });

  it("are three a slice, then it goes to the architect", () => {
    const epoch = inReview();
    epoch.block("a");
    for (let cycle = 1; cycle <= 3; cycle += 1) {
      epoch.to("p9");
      expect(epoch.state.slices["a"]).toMatchObject({ cycles: cycle, state: "waiting" });
      epoch.walk("p10");
    }
    expect(epoch.state.violation_count).toBe(0);
    expect(epoch.to("p9").reply).toMatchObject({ success: true });
    expect(epoch.state.slices["a"]).toMatchObject({
      cycles: 3,
      state: "succeeded",
      reason: expect.stringContaining("goes to the architect"),
    });
    expect(epoch.state.violations).toMatchObject([{ constraint: "C-max-review-cycles", blocking: true, phase: "p10" }]);
  });
});
