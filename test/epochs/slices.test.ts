import { describe, expect, it } from "vitest";
import { epochDocument } from "../../src/epochs/document.js";
import { planSlices } from "../../src/epochs/schedule.js";
import { Epoch, plan, slice } from "./make.js";

const complete = (epoch: Epoch, slice_id: string, success: boolean, text = "") =>
  epoch.send({
    kind: "complete_slice",
    message: { slice_id, success, by: "ann", ...(success ? { output: text } : { error: text }) },
  });
const retry = (epoch: Epoch, slice_id: string) => epoch.send({ kind: "retry_slice", message: { slice_id, by: "ann" } });
const move = (epoch: Epoch, slice_id: string, to_host: string) => epoch.send({ kind: "move_slice", message: { slice_id, to_host } });
const report = (
  epoch: Epoch,
  slice_id: string,
  state: "running" | "lost",
  more: { pid?: number; reason?: string; attempt?: number } = {},
) => {
  const { attempt, host } = epoch.state.slices[slice_id]!;
  return epoch.send({ kind: "slice_report", message: { slice_id, attempt, host, state, ...more } });
};
const reasons = (epoch: Epoch) => Object.fromEntries(epochDocument(epoch.state).slices.map(({ id, reason }) => [id, reason]));

describe("a slice", () => {
  it("starts in p9, runs and ends, each in the audit with its attempt", () => {
    const epoch = new Epoch(plan([slice("a", { host: "build" })])).walk("p8");
    expect(planSlices(epoch.state).start).toEqual([]);
    expect(reasons(epoch)).toEqual({ a: "waits for phase p9" });
    epoch.to("p9");
    expect(planSlices(epoch.state)).toEqual({ start: [{ slice_id: "a", attempt: 1, host: "build" }], stop: [] });
    epoch.startSlices();
    expect(planSlices(epoch.state).start).toEqual([]);
    report(epoch, "a", "running", { pid: 42 });
    expect(epoch.state.slices["a"]).toMatchObject({ state: "running", pid: 42, reason: "runs on build, pid 42" });
    epoch.end("a", "succeeded", "exit status 0");
    expect(epoch.state.slices["a"]).toMatchObject({ state: "succeeded", attempt: 1, pid: null, error: "" });
    expect(epoch.events.filter(({ type }) => type.startsWith("slice")).map(({ type, role, payload }) => [type, role, payload])).toEqual([
      ["slice_started", "worker", { slice_id: "a", attempt: 1, host: "build", mode: "subprocess" }],
      ["slice_completed", "worker", { slice_id: "a", attempt: 1, outcome: "succeeded", reason: "exit status 0" }],
    ]);
  });

  it("is repeated while its retries last, in attempts that are numbered", () => {
    const epoch = new Epoch(plan([slice("a", { retries: 1 })])).walk("p9");
    epoch.startSlices();
    epoch.end("a", "failed", "exit status 3");
    expect(reasons(epoch)).toEqual({ a: "attempt 1 failed: exit status 3; retry 1 of 1; is about to start" });
    expect(epoch.startSlices()).toEqual(["a"]);
    epoch.end("a", "timed_out", "300 s are over");
    expect(epoch.state.slices["a"]).toMatchObject({ state: "timed_out", attempt: 2, failures: 2, error: "300 s are over" });
    expect(epoch.startSlices()).toEqual([]);
    expect(
      epoch.events.filter(({ type }) => type === "slice_completed").map(({ payload }) => [payload["attempt"], payload["retry"]]),
    ).toEqual([
      [1, 1],
      [2, undefined],
    ]);
  });

  it("can be retried by a person, with all its retries again", () => {
    const epoch = new Epoch(plan([slice("a", { retries: 1 })])).walk("p9");
    for (let attempt = 0; attempt < 2; attempt += 1) {
      epoch.startSlices();
      epoch.end("a", "failed");
    }
    expect(retry(epoch, "a").reply).toMatchObject({ success: true, ids: ["a"] });
    expect(planSlices(epoch.state).start).toEqual([{ slice_id: "a", attempt: 3, host: "dev" }]);
    epoch.startSlices();
    expect(retry(epoch, "a").reply.refused).toEqual(["slice a is starting; only one that ended can be retried"]);
    epoch.end("a", "failed");
    expect(epoch.state.slices["a"]?.state).toBe("waiting");
    epoch.startSlices();
    epoch.end("a", "succeeded");
    expect(retry(epoch, "a").reply.refused).toEqual(["slice a succeeded; nothing to retry"]);
    expect(retry(epoch, "z").reply.refused).toEqual(["no slice z in the plan; known: a"]);
  });

  it("ignores what older attempts and unknown slices report", () => {
    const epoch = new Epoch(plan([slice("a", { retries: 1 })])).walk("p9");
    epoch.startSlices();
    epoch.end("a", "failed");
    epoch.startSlices();
    const before = epoch.state;
    const old = { attempt: 1, host: "dev", state: "ended", outcome: "succeeded" } as const;
    epoch.send({ kind: "slice_report", message: { slice_id: "a", ...old } });
    epoch.send({ kind: "slice_report", message: { slice_id: "z", ...old } });
    expect(epoch.state).toEqual(before);
  });

  it("holds p9 shut until it has succeeded; a mock in flight does not", () => {
    const epoch = new Epoch(plan([slice("a"), slice("m", { mode: "mock", command: null })])).walk("p9");
    expect(epoch.to("p10").reply.refused).toEqual(["slices gate: a (waiting) and m (waiting) not succeeded; wait, retry or complete"]);
    epoch.startSlices();
    epoch.end("a", "succeeded");
    expect(epoch.to("p10").reply.success).toBe(true);
    epoch.end("m", "succeeded");
    expect(epoch.state.slices["m"]?.state).toBe("succeeded");
    expect(epoch.state.violations.map(({ constraint }) => constraint)).toEqual(["C-worker-gates"]);
  });
});

describe("a slice told complete", () => {
  it("has the told outcome at once, and its process is ended", () => {
    const epoch = new Epoch(plan([slice("a"), slice("b", { needs: ["a"] })])).walk("p9");
    epoch.startSlices();
    complete(epoch, "a", true, "merged as 1f3c");
    expect(epoch.state.slices["a"]).toMatchObject({ state: "succeeded", output: "merged as 1f3c", reason: "told succeeded by ann" });
    expect(planSlices(epoch.state)).toEqual({ start: [], stop: [{ slice_id: "a", attempt: 1, reason: "told succeeded by ann" }] });
    epoch.end("a", "cancelled");
    expect(epoch.state.slices["a"]?.state).toBe("succeeded");
    expect(planSlices(epoch.state)).toEqual({ start: [{ slice_id: "b", attempt: 1, host: "dev" }], stop: [] });
  });

  it("may be one that never ran, or failed for good", () => {
    const epoch = new Epoch(plan([slice("a"), slice("b")])).walk("p9");
    complete(epoch, "a", true);
    epoch.startSlices();
    epoch.end("b", "failed");
    complete(epoch, "b", true);
    expect(epoch.to("p10").reply.success).toBe(true);
    expect(epoch.state.violations).toMatchObject([
      { constraint: "C-worker-gates", blocking: false, message: "slice b was told succeeded, but its command had failed" },
    ]);
  });

  it("needs an error text when it failed", () => {
    const epoch = new Epoch(plan([slice("a")])).walk("p9");
    epoch.startSlices();
    complete(epoch, "a", false, "types do not fit");
    expect(epoch.state.slices["a"]).toMatchObject({ state: "failed", error: "types do not fit" });
    expect(epoch.state.violation_count).toBe(0);
    complete(epoch, "a", false);
    expect(epoch.state.violations).toMatchObject([{ constraint: "C-actionable-errors", blocking: false }]);
  });

  it("is taken by its name where there is no plan, and refused where it is not in the plan", () => {
    const epoch = new Epoch().walk("p9");
    complete(epoch, "slice-1", false, "no");
    expect(epoch.to("p10").reply.refused).toEqual(["slices gate: slice-1 (failed) not succeeded; wait, retry or complete"]);
    complete(epoch, "slice-1", true);
    expect(epoch.to("p10").reply.success).toBe(true);
    expect(complete(epoch, "slice-1", true).reply.refused).toEqual(["slices are worked on in p9, the epoch is in p10; advance it first"]);
    expect(complete(new Epoch(plan([slice("a")])).walk("p9"), "x", true).reply.refused).toEqual(["no slice x in the plan; known: a"]);
  });
});

describe("a lost host", () => {
  it("is told, and its slice can be moved: a new attempt starts there at once", () => {
    const epoch = new Epoch(plan([slice("a")])).walk("p9");
    epoch.startSlices();
    report(epoch, "a", "lost", { reason: "dev is not heard of for 30 s" });
    expect(epoch.state.slices["a"]).toMatchObject({ state: "lost", reason: "dev is not heard of for 30 s" });
    expect(retry(epoch, "a").reply.refused).toEqual(["slice a is lost with dev; move it to a host, or wait until that one is back"]);
    expect(move(epoch, "a", "spare").reply.success).toBe(true);
    expect(planSlices(epoch.state)).toEqual({ start: [{ slice_id: "a", attempt: 2, host: "spare" }], stop: [] });
  });

  it("gives its slice back when it is heard of again", () => {
    const epoch = new Epoch(plan([slice("a")])).walk("p9");
    epoch.startSlices();
    report(epoch, "a", "lost");
    report(epoch, "a", "running", { pid: 7 });
    epoch.end("a", "succeeded");
    expect(epoch.state.slices["a"]).toMatchObject({ state: "succeeded", attempt: 1 });
  });
});

describe("moving", () => {
  it("ends a running attempt before the next one starts elsewhere, and counts no failure", () => {
    const epoch = new Epoch(plan([slice("a")])).walk("p9");
    epoch.startSlices();
    report(epoch, "a", "running", { pid: 7 });
    move(epoch, "a", "spare");
    expect(planSlices(epoch.state)).toEqual({ start: [], stop: [{ slice_id: "a", attempt: 1, reason: "moves to spare" }] });
    epoch.end("a", "cancelled");
    expect(planSlices(epoch.state)).toEqual({ start: [{ slice_id: "a", attempt: 2, host: "spare" }], stop: [] });
    expect(epoch.state.slices["a"]).toMatchObject({ failures: 0, state: "waiting" });
    expect(epoch.state.slices["a"]).not.toHaveProperty("moves_to");
  });

  it("of one that waits changes only its host", () => {
    const epoch = new Epoch(plan([slice("a")]));
    expect(move(epoch, "a", "dev").reply.refused).toEqual(["slice a is on dev already; name another host"]);
    move(epoch, "a", "spare");
    expect(epoch.walk("p9").startSlices()).toEqual(["a"]);
    expect(epoch.state.slices["a"]?.host).toBe("spare");
  });
});

describe("fail-fast", () => {
  const three = () => new Epoch(plan([slice("a"), slice("b"), slice("c", { needs: ["b"] })], { fail_fast: true })).walk("p9");

  it("cancels what waits and ends what runs after the first failure", () => {
    const epoch = three();
    epoch.startSlices();
    epoch.end("a", "failed", "exit status 1");
    expect(epoch.state.slices).toMatchObject({ a: { state: "failed" }, b: { state: "starting" }, c: { state: "cancelled" } });
    expect(planSlices(epoch.state)).toEqual({ start: [], stop: [{ slice_id: "b", attempt: 1, reason: "fail-fast: a failed" }] });
    epoch.end("b", "cancelled", "stopped");
    expect(epoch.state.slices["b"]).toMatchObject({ state: "cancelled", reason: "fail-fast: a failed" });
    expect(planSlices(epoch.state)).toEqual({ start: [], stop: [] });
  });

  it("waits for the last retry", () => {
    const epoch = new Epoch(plan([slice("a", { retries: 1 }), slice("b")], { fail_fast: true })).walk("p9");
    epoch.startSlices();
    epoch.end("a", "failed");
    expect(planSlices(epoch.state).stop).toEqual([]);
  });

  it("is undone by a retry of the slice that failed", () => {
    const epoch = three();
    epoch.startSlices();
    epoch.end("a", "failed");
    epoch.end("b", "cancelled");
    expect(retry(epoch, "a").reply.ids).toEqual(["a", "b", "c"]);
    epoch.runSlices();
    expect(Object.values(epoch.state.slices).map(({ state, attempt }) => [state, attempt])).toEqual([
      ["succeeded", 2],
      ["succeeded", 2],
      ["succeeded", 1],
    ]);
  });
});

describe("a cancelled epoch", () => {
  it("starts nothing more and ends what runs", () => {
    const epoch = new Epoch(plan([slice("a"), slice("b", { needs: ["a"] })])).walk("p9");
    epoch.startSlices();
    epoch.send({ kind: "cancel", message: { reason: "not needed" } });
    expect(planSlices(epoch.state)).toEqual({
      start: [],
      stop: [{ slice_id: "a", attempt: 1, reason: "the epoch was cancelled: not needed" }],
    });
    epoch.end("a", "cancelled");
    expect(planSlices(epoch.state)).toEqual({ start: [], stop: [] });
    expect(Object.values(epoch.state.slices).map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
  });
});

describe("progress", () => {
  it("is kept in order, the newest 500", () => {
    const epoch = new Epoch(plan([slice("a", { leaves: ["L1", "L2"] })])).walk("p9");
    for (let count = 0; count < 505; count += 1) {
      epoch.send({
        kind: "slice_progress",
        message: { slice_id: "a", leaf_task_id: "L1", stage_name: `stage ${count}`, completed: false },
      });
    }
    expect(epoch.state.progress).toHaveLength(500);
    expect(epoch.state.progress[0]?.stage_name).toBe("stage 5");
  });
});
