import { describe, expect, it } from "vitest";
import { epochDocument } from "../../src/epochs/document.js";
import { planSlices } from "../../src/epochs/schedule.js";
import { Epoch, plan, slice } from "./make.js";

const waits = (epoch: Epoch) => epochDocument(epoch.state).slices.map(({ id, reason }) => `${id}: ${reason}`);

describe("the schedule", () => {
  it("starts what needs nothing first, in the plan's order, at most so many at a time", () => {
    const epoch = new Epoch(plan([slice("10"), slice("2"), slice("1")], { max_parallel: 2 })).walk("p9");
    expect(epoch.startSlices()).toEqual(["10", "2"]);
    expect(waits(epoch)).toEqual(["10: starting on dev", "2: starting on dev", "1: waits for room: 2 run at a time"]);
    epoch.end("2", "succeeded");
    expect(epoch.startSlices()).toEqual(["1"]);
  });

  it("waits for every need, and says which", () => {
    const epoch = new Epoch(plan([slice("a"), slice("b"), slice("c", { needs: ["a", "b"] })])).walk("p9");
    epoch.startSlices();
    epoch.end("a", "succeeded");
    epoch.end("b", "failed");
    expect(epoch.startSlices()).toEqual([]);
    expect(waits(epoch).at(-1)).toBe("c: needs b (failed)");
  });

  it("keeps those that share a resource apart", () => {
    const epoch = new Epoch(plan([slice("a", { resources: ["db"] }), slice("b", { resources: ["port", "db"] }), slice("c")])).walk("p9");
    expect(epoch.startSlices()).toEqual(["a", "c"]);
    expect(waits(epoch)[1]).toBe("b: waits for db, which a holds");
    epoch.end("a", "succeeded");
    expect(epoch.startSlices()).toEqual(["b"]);
  });

  it("gives the same answer until it is told that it was carried out", () => {
    const epoch = new Epoch(plan([slice("a")])).walk("p9");
    expect(planSlices(epoch.state)).toEqual(planSlices(epoch.state));
    epoch.startSlices();
    const before = epoch.state;
    epoch.send({ kind: "slices_started", message: { starts: [{ slice_id: "a", attempt: 1, host: "dev" }] } });
    expect(epoch.state).toEqual(before);
  });
});
