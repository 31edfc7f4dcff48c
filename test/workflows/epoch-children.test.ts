import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reviewStateQuery, reviewCycleCountQuery, reviewCycleSignal, voteSignal } from "../../src/workflows/epoch-messages.js";
import { reviewWorkflowId, sliceWorkflowId } from "../../src/workflows/names.js";
import { missing } from "../support/components.js";
import { slowness, until } from "../support/until.js";
import { EpochPlace, plan } from "./epoch-place.js";

describe.skipIf(missing("temporal"))("the children of an epoch", () => {
  let place: EpochPlace;

  beforeAll(async () => {
    place = await new EpochPlace().start();
  });
  afterAll(() => place.end());

  it("are a review in p4 and in p10, told every vote and ended with the round", async () => {
    const id = await place.epoch();
    for (const [phase, next] of [
      ["p4", "p5"],
      ["p10", "p11"],
    ] as const) {
      await place.walk(id, phase, (await place.epochs.state(id)).current_phase);
      const review = place.workflow(reviewWorkflowId(id, phase));
      await place.epochs.vote(id, { axis: "elegance", vote: "REVISE", reviewer_id: "reviewer-elegance", key: place.key() });
      await until(async () => (await review.query(reviewStateQuery).catch(() => null))?.votes.elegance?.vote === "REVISE");
      await place.voteAll(id);
      await place.epochs.advance(id, { to_phase: next, triggered_by: "ann", condition_met: "yes", key: place.key() });
      expect(await review.result()).toMatchObject({
        phase_id: phase,
        round: 1,
        success: true,
        to_phase: next,
        vote_result: { correctness: "ACCEPT", test_quality: "ACCEPT", elegance: "ACCEPT" },
      });
    }
  });

  it("are a new review for every round", async () => {
    const id = await place.epoch();
    await place.walk(id, "p4");
    const review = place.workflow(reviewWorkflowId(id, "p4"));
    await place.epochs.vote(id, { axis: "correctness", vote: "REVISE", reviewer_id: "ann", key: place.key() });
    await place.epochs.advance(id, { to_phase: "p3", key: place.key() });
    await place.epochs.advance(id, { to_phase: "p4", key: place.key() });
    const state = await until(async () => {
      const found = await review.query(reviewStateQuery).catch(() => null);
      return found?.round === 2 ? found : null;
    });
    expect(state.votes).toEqual({});
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
    expect(await review.result()).toMatchObject({ round: 2, vote_result: {} });
  });

  it("take a vote that was sent to the review and hand it to the epoch, which counts it", async () => {
    const id = await place.epoch();
    await place.walk(id, "p4");
    const review = place.workflow(reviewWorkflowId(id, "p4"));
    await until(() => review.query(reviewStateQuery).catch(() => null));
    await review.signal(voteSignal, { axis: "correctness", vote: "ACCEPT", reviewer_id: "ann" });
    await until(async () => (await place.epochs.state(id)).votes.correctness?.reviewer_id === "ann");
    await until(async () => (await review.query(reviewStateQuery)).votes.correctness?.reviewer_id === "ann");
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
  });

  it("are slices that run for real, one after what it needs, and leave their effects once", async () => {
    const id = await place.epoch(
      plan([
        place.slice("second", 'echo "second $AURA_SLICE_ID $AURA_PHASE $AURA_ROLE" >> story', { needs: ["first"] }),
        place.slice("first", 'echo "first $AURA_EPOCH_ID" >> story'),
      ]),
    );
    await place.walk(id, "p9");
    const { slices } = await place.state(id, (document) => document.slices.every(({ state }) => state === "succeeded"));
    expect(place.written("story")).toBe(`first ${id}\nsecond second p9 worker\n`);
    expect(slices.map(({ attempt, reason }) => [attempt, reason])).toEqual([
      [1, expect.any(String)],
      [1, expect.any(String)],
    ]);
    const started = await place.epochs.audit(id, { type: "slice_started" });
    expect(started.map(({ payload }) => [payload["slice_id"], payload["attempt"], payload["host"]])).toEqual([
      ["first", 1, place.host],
      ["second", 1, place.host],
    ]);
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
  });

  it("tell which process runs, and count an attempt for every retry", async () => {
    const id = await place.epoch(
      plan([place.slice("flaky", "echo x >> tries; test $(wc -l < tries) -ge 3 && exec sleep 1000; exit 7", { retries: 5 })]),
    );
    await place.walk(id, "p9");
    const { slices } = await place.state(id, (document) => document.slices[0]!.state === "running" && document.slices[0]!.attempt === 3);
    expect(slices[0]).toMatchObject({ host: place.host, pid: expect.any(Number), failures: 2 });
    expect(place.written("tries")).toBe("x\nx\nx\n");
    const ends = await place.epochs.audit(id, { type: "slice_completed" });
    expect(ends.map(({ payload }) => [payload["attempt"], payload["outcome"]])).toEqual([
      [1, "failed"],
      [2, "failed"],
    ]);
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
    await place.workflow(id).result();
    await until(() => gone(slices[0]!.pid!));
  });

  it("are stopped when the epoch is cancelled, whole trees within a second or so", async () => {
    const id = await place.epoch(
      plan([place.slice("long", "sleep 1000 & echo $! > child; wait"), place.slice("next", "true", { needs: ["long"] })]),
    );
    await place.walk(id, "p9");
    const { slices } = await place.state(id, (document) => document.slices[0]!.state === "running" && place.written("child") !== "");
    const from = performance.now();
    await place.epochs.cancel(id, { reason: "enough", key: place.key() });
    await until(() => gone(slices[0]!.pid!) && gone(Number(place.written("child"))), 5000);
    expect(performance.now() - from).toBeLessThan(3000 * slowness());
    expect(await place.workflow(id).result()).toMatchObject({ status: "cancelled" });
    const ended = await place.epochs.state(id);
    expect(ended.slices.map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
    expect(await place.workflow(sliceWorkflowId(id, "long")).result()).toMatchObject({
      outcome: "cancelled",
      reason: expect.stringContaining("enough"),
    });
  });

  it("are stopped when one fails and the plan is fail-fast", async () => {
    const id = await place.epoch(plan([place.slice("long", "sleep 1000"), place.slice("bad", "exit 3")], { fail_fast: true }));
    await place.walk(id, "p9");
    const { slices } = await place.state(id, (document) =>
      document.slices.every(({ state }) => state === "failed" || state === "cancelled"),
    );
    expect(slices.map(({ id: slice, state }) => [slice, state])).toEqual([
      ["long", "cancelled"],
      ["bad", "failed"],
    ]);
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
  });

  it("end as a person or an agent says, whatever the process does", async () => {
    const id = await place.epoch(plan([place.slice("told", "sleep 1000")]));
    await place.walk(id, "p9");
    const { slices } = await place.state(id, (document) => document.slices[0]!.state === "running");
    await place.epochs.completeSlice(id, { slice_id: "told", success: true, output: "done by hand", key: place.key() });
    await until(() => gone(slices[0]!.pid!));
    await until(async () => (await place.workflow(sliceWorkflowId(id, "told")).describe()).status.name === "COMPLETED");
    expect((await place.epochs.state(id)).slices[0]).toMatchObject({ state: "succeeded", output: "done by hand" });
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
  });

  it("heal when somebody ends a slice's workflow from outside", async () => {
    const id = await place.epoch(plan([place.slice("gone", "sleep 1000")]));
    await place.walk(id, "p9");
    await place.state(id, (document) => document.slices[0]!.state === "running");
    await place.workflow(sliceWorkflowId(id, "gone")).terminate("by hand");
    const { slices } = await place.state(id, (document) => document.slices[0]!.state === "failed");
    expect(slices[0]!.reason).toMatch(/its workflow ended without a result/);
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
  });

  it("take the review cycles of clients of the earlier protocol", async () => {
    const id = await place.epoch(plan([place.slice("cycled", "sleep 1000")]));
    await place.walk(id, "p9");
    await place.state(id, (document) => document.slices[0]!.state === "running");
    const slice = place.workflow(sliceWorkflowId(id, "cycled"));
    await slice.signal(reviewCycleSignal, { cycle_number: 1, reviewer_feedback: "tests first" });
    expect(await slice.query(reviewCycleCountQuery)).toBe(1);
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
    await slice.result();
  });

  function gone(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  }
});
