import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { verifyChain } from "../../src/epochs/audit-chain.js";
import type { Reply } from "../../src/epochs/state.js";
import {
  advanceSignal,
  advanceUpdate,
  auditEventsQuery,
  currentStateQuery,
  findingSignal,
  fullStateQuery,
  sliceReportSignal,
  voteSignal,
} from "../../src/workflows/epoch-messages.js";
import { missing } from "../support/components.js";
import { until } from "../support/until.js";
import { EpochPlace, plan } from "./epoch-place.js";

describe.skipIf(missing("temporal"))("the workflow of an epoch", () => {
  let place: EpochPlace;
  const ids: string[] = [];

  beforeAll(async () => {
    place = await new EpochPlace().start();
  });
  afterAll(() => place.end());
  afterEach(async () => {
    for (const id of ids.splice(0))
      await place
        .workflow(id)
        .terminate()
        .catch(() => {});
  });

  async function epoch(...given: Parameters<EpochPlace["epoch"]>): Promise<string> {
    const id = await place.epoch(...given);
    ids.push(id);
    return id;
  }

  it("goes from the request to its end with slices, reviews and answers, and tells it all to the audit trail", async () => {
    const id = await epoch(plan([place.mock("types"), place.mock("wiring", { needs: ["types"] })]));
    await place.walk(id, "p9");
    await place.state(id, ({ slices }) => slices.every(({ state }) => state === "succeeded"));
    await place.walk(id, "complete", "p9");
    expect(await place.workflow(id).result()).toMatchObject({
      epoch_id: id,
      status: "complete",
      final_phase: "complete",
      transition_count: 12,
      successful_transition_count: 12,
    });
    const events = await place.trail.read(id);
    expect(verifyChain(events)).toEqual({ ok: true, problems: [] });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const types = events.map(({ type }) => type);
    expect(types[0]).toBe("epoch_started");
    expect(types.filter((type) => type === "phase_transition")).toHaveLength(12);
    expect(types.filter((type) => type === "gate_answered")).toHaveLength(3);
    expect(types.filter((type) => type === "vote_recorded")).toHaveLength(6);
    expect(types.filter((type) => type === "slice_completed")).toHaveLength(2);
    expect(await place.epochs.audit(id, {})).toEqual(events);
  });

  it("refuses an advance with every gate that is missing, records it, and forgets the error with the next good one", async () => {
    const id = await epoch();
    await place.walk(id, "p4");
    const refused = await place.epochs.advance(id, { to_phase: "p5", triggered_by: "ann", key: place.key() });
    expect(refused).toMatchObject({ success: false, phase: "p4" });
    expect(refused.refused.join()).toMatch(/correctness/);
    const after = await place.epochs.state(id);
    expect(after.last_error).toBe(refused.refused.join("; "));
    expect(after.transition_history.at(-1)).toMatchObject({ success: false, condition_met: expect.stringMatching(/^FAILED: /) });
    await place.voteAll(id);
    await place.epochs.advance(id, { to_phase: "p5", triggered_by: "ann", key: place.key() });
    expect(await place.epochs.state(id)).toMatchObject({ last_error: null, current_phase: "p5" });
    const advances = await place.epochs.audit(id, { type: "phase_advance" });
    expect(advances.map(({ payload }) => payload["success"])).toEqual([true, true, true, false, true]);
  });

  it("answers a message that arrives again as the first time, and does it once", async () => {
    const id = await epoch();
    const message = { to_phase: "p2", key: place.key() } as const;
    const first = await place.epochs.advance(id, message);
    expect(await place.epochs.advance(id, message)).toEqual(first);
    // Without the same update id: as after a server that forgot the first, or another way to the workflow.
    expect(await place.workflow(id).executeUpdate(advanceUpdate, { args: [message] })).toEqual(first);
    await place.workflow(id).signal(advanceSignal, message);
    expect(await place.epochs.state(id)).toMatchObject({ current_phase: "p2", transition_count: 1, last_error: null });
  });

  it("still tells the answer to the advance that ended it, and refuses what comes after", async () => {
    const id = await epoch();
    await place.walk(id, "p12");
    const last = { to_phase: "complete", triggered_by: "ann", key: place.key() } as const;
    const first = await place.epochs.advance(id, last);
    await place.workflow(id).result();
    expect(await place.epochs.advance(id, last)).toEqual(first);
    const late = await place.epochs.advance(id, { to_phase: "p1", key: place.key() });
    expect(late).toMatchObject({ success: false, refused: ["the epoch is complete; start another one"] });
  });

  it("takes as signals what it takes as updates", async () => {
    const byUpdate = await epoch();
    const bySignal = await epoch();
    const send = place.workflow(bySignal);
    await place.walk(byUpdate, "p4");
    for (const to_phase of ["p2", "p3", "p4"] as const) {
      await send.signal(advanceSignal, { to_phase, triggered_by: "ann", condition_met: "yes" });
    }
    await place.epochs.vote(byUpdate, { axis: "elegance", vote: "REVISE", reviewer_id: "carl" });
    await send.signal(voteSignal, { axis: "elegance", vote: "REVISE", reviewer_id: "carl" });
    const story = async (id: string): Promise<unknown> => {
      const { available_transitions, current_phase, votes, transition_count } = await place.workflow(id).query(fullStateQuery);
      const events = await place.workflow(id).query(auditEventsQuery);
      return { current_phase, available_transitions, transition_count, vote: votes.elegance?.vote, types: events.map(({ type }) => type) };
    };
    await until(async () => JSON.stringify(await story(bySignal)) === JSON.stringify(await story(byUpdate)));
    expect(await story(bySignal)).toMatchObject({ current_phase: "p4", available_transitions: [{ to_phase: "p3" }] });
  });

  it("refuses a malformed update before anything enters the history", async () => {
    const id = await epoch();
    await expect(place.epochs.vote(id, { axis: "beauty", vote: "ACCEPT", reviewer_id: "ann" } as never)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/axis "beauty" is not known; one of correctness, test_quality, elegance/),
    });
    const { events } = await place.workflow(id).fetchHistory();
    expect(events!.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([]);
  });

  it("survives signals of any payload, and says in last_error what was wrong", async () => {
    const id = await epoch();
    const send = place.workflow(id);
    const errors: (string | null)[] = [];
    const payloads: [string, unknown[]][] = [
      ["advance_phase", [{ to_phase: "p77" }]],
      ["submit_vote", []],
      ["record_blocker", [null]],
      ["register_session", ["not an object"]],
      ["slice_report", [{ slice_id: 7 }]],
      ["slice_progress", [[1, 2]]],
      ["cancel", [{ reason: "" }]],
    ];
    for (const [name, args] of payloads) {
      await send.signal(name, ...args);
      errors.push((await place.epochs.state(id)).last_error);
    }
    expect(errors).toEqual(
      payloads.map(([name]) => expect.stringMatching(name === "slice_report" ? /no report of a slice/ : new RegExp(`^signal ${name}: `))),
    );
    expect(new Set(errors).size).toBe(payloads.length);
    await send.signal("never_heard_of", { a: 1 });
    await signalRaw(id, "advance_phase", { metadata: { encoding: Buffer.from("json/plain") }, data: Buffer.from("{oops") });
    await until(
      async () => (await place.epochs.state(id)).last_error === "signal advance_phase: its payload cannot be read; send one JSON object",
    );
    await signalRaw(id, "submit_vote", { metadata: { encoding: Buffer.from("binary/odd") }, data: Buffer.from("x") });
    await until(async () => (await place.epochs.state(id)).last_error?.startsWith("signal submit_vote: its payload cannot be read"));
    expect(await place.epochs.advance(id, { to_phase: "p2", key: place.key() })).toMatchObject({ success: true });
    const { events } = await send.fetchHistory();
    expect(events!.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  });

  it("ends on a cancel with its reason, and refuses what follows", async () => {
    const id = await epoch();
    expect(await place.epochs.cancel(id, { reason: "no longer wanted", by: "ann", key: place.key() })).toMatchObject({ success: true });
    expect(await place.workflow(id).result()).toMatchObject({ status: "cancelled", final_phase: "p1" });
    expect(await place.epochs.state(id)).toMatchObject({ status: "cancelled", reason: "no longer wanted" });
    expect(await place.epochs.advance(id, { to_phase: "p2", key: place.key() })).toMatchObject({
      success: false,
      refused: ["the epoch is cancelled; start another one"],
    });
    expect((await place.trail.read(id)).map(({ type }) => type)).toEqual(["epoch_started", "epoch_cancelled"]);
  });

  it("takes Temporal's own cancel request for a cancel", async () => {
    const id = await epoch();
    await place.workflow(id).cancel();
    await expect(place.workflow(id).result()).rejects.toThrow(/cancel/i);
    expect((await place.workflow(id).describe()).status.name).toBe("CANCELLED");
    expect(await place.epochs.state(id)).toMatchObject({ status: "cancelled", reason: "cancelled through Temporal" });
    expect((await place.trail.read(id)).at(-1)).toMatchObject({ type: "epoch_cancelled", by: "temporal" });
  });

  it("exists once, and an unknown one is told as such", async () => {
    const id = await epoch();
    const again = place.epochs.start({ epoch_id: id, description: "", plan: null, by: "tester" });
    await expect(again).rejects.toMatchObject({ code: "refused", message: `epoch ${id} exists already` });
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
    await place.workflow(id).result();
    const later = place.epochs.start({ epoch_id: id, description: "", plan: null, by: "tester" });
    await expect(later).rejects.toMatchObject({ code: "refused" });
    for (const ask of [
      () => place.epochs.state("nowhere"),
      () => place.epochs.audit("nowhere", {}),
      () => place.epochs.history("nowhere"),
      () => place.epochs.advance("nowhere", { to_phase: "p2" }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "not_found", message: expect.stringContaining("there is no epoch nowhere") });
    }
  });

  it("refuses a start that is none, without a task that fails again and again", async () => {
    const description = "x".repeat(1024 * 1024);
    const big = place.epochs.start({ epoch_id: "too-big", description, plan: null, by: "tester" });
    await expect(big).rejects.toMatchObject({ code: "usage", message: "the description has 1048576 bytes; at most 65536 are taken" });
    const odd = place.epochs.start({ epoch_id: "a/b", description: "", plan: null, by: "tester" });
    await expect(odd).rejects.toMatchObject({ code: "usage" });
    const inputs: unknown[] = [
      undefined,
      {},
      { start: { epoch_id: 3 } },
      { start: { epoch_id: "x", description: "", plan: { slices: [{}] } } },
    ];
    for (const input of inputs) {
      const handle = await place.client.workflow.start("EpochWorkflow", { workflowId: place.key(), taskQueue: place.queue, args: [input] });
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: "usage" } });
    }
  });

  it("takes no more than it can carry, and goes on", async () => {
    const id = await epoch();
    await place.walk(id, "p9");
    const words = "x".repeat(4000);
    let reply: Reply = { success: true, refused: [], phase: "p9", role: "worker" };
    for (let n = 0; reply.success && n < 300; n++) {
      for (let more = 0; more < 20; more++) await place.workflow(id).signal(findingSignal, { op: "add", description: words });
      reply = await place.epochs.finding(id, { op: "add", description: words, key: place.key() });
    }
    expect(reply.refused.join()).toMatch(/are open|full/);
    const state = await place.workflow(id).query(currentStateQuery);
    expect(JSON.stringify(state).length).toBeLessThan(1_000_000);
    expect(await place.epochs.finding(id, { op: "resolve", key: place.key() })).toMatchObject({ success: true });
    expect(verifyChain(await place.trail.read(id))).toEqual({ ok: true, problems: [] });
  }, 120_000);

  it("goes on while its audit trail fails, and delivers everything once that is back", async () => {
    const good = place.trail;
    let broken = true;
    let refused = 0;
    const append = good.append.bind(good);
    good.append = (...given) => {
      if (!broken) return append(...given);
      refused += 1;
      return Promise.reject(new Error("no space left on device"));
    };
    try {
      const id = await epoch();
      await place.walk(id, "p3");
      await until(() => refused > 0, 30_000);
      expect(await good.read(id)).toEqual([]);
      broken = false;
      const held = await place.epochs.keptAudit(id);
      await until(async () => (await good.read(id)).length === held.length, 30_000);
      expect(verifyChain(await good.read(id))).toEqual({ ok: true, problems: [] });
    } finally {
      good.append = append;
    }
  });

  it("ignores what a slice tells that it does not have", async () => {
    const id = await epoch();
    await place
      .workflow(id)
      .signal(sliceReportSignal, { slice_id: "ghost", attempt: 1, state: "ended", host: "nowhere", outcome: "failed" });
    expect(await place.epochs.state(id)).toMatchObject({ slices: [], last_error: null });
  });

  async function signalRaw(
    workflowId: string,
    signalName: string,
    payload: { metadata: Record<string, Buffer>; data: Buffer },
  ): Promise<void> {
    await place.client.workflowService.signalWorkflowExecution({
      namespace: "default",
      workflowExecution: { workflowId },
      signalName,
      input: { payloads: [payload] },
      requestId: place.key(),
    });
  }
});
