import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { verifyChain } from "../../src/epochs/audit-chain.js";
import { createMemoryTrail } from "../../src/adapters/audit/memory.js";
import type { Reply } from "../../src/epochs/state.js";
import { phaseOf, PHASE_IDS, type PhaseId } from "../../src/epochs/phases.js";
import {
  advanceUpdate,
  registerSessionSignal,
  reviewStateQuery,
  sliceProgressQuery,
  sliceProgressSignal,
} from "../../src/workflows/epoch-messages.js";
import { reviewWorkflowId, sliceWorkflowId } from "../../src/workflows/names.js";
import { missing } from "../support/components.js";
import { histories } from "../support/histories.js";
import { startServer, type TestServer } from "../support/temporal.js";
import { until } from "../support/until.js";
import { EpochPlace, plan, UNTIL_GO } from "./epoch-place.js";

/** The server suggests to continue as new this early, so that a walk meets it several times. */
const EVENTS = 60;

describe.skipIf(missing("temporal"))("an epoch that continues as new", { timeout: 120_000 }, () => {
  let server: TestServer;
  let place: EpochPlace;

  beforeAll(async () => {
    server = await startServer(inject("temporal")!.cli, ["--dynamic-config-value", `limit.historyCount.suggestContinueAsNew=${EVENTS}`]);
    place = await new EpochPlace({ address: server.address }).start();
  });
  afterAll(async () => {
    await place.end();
    await server.end();
  });

  it("keeps its phase true in visibility at every step, its children, its votes and its audit trail whole", async () => {
    const id = await place.epoch(plan([place.slice("work", `echo once >> effects; ${UNTIL_GO}`), place.mock("quick")]));
    const way: PhaseId[] = PHASE_IDS.slice(0, PHASE_IDS.indexOf("p9") + 1);
    for (const [index, phase] of way.entries()) {
      if (index > 0) await place.walk(id, phase, way[index - 1]!);
      await expectVisible(id, phase, "running");
    }
    await place.state(id, ({ slices }) => slices[0]!.state === "running" && slices[1]!.state === "succeeded");
    // Through several runs more, while the slice goes on.
    for (let n = 0; n < 4 * EVENTS; n++) {
      await place
        .workflow(id)
        .signal(sliceProgressSignal, { slice_id: "work", leaf_task_id: `L${n}`, stage_name: "execute", completed: true });
    }
    const progress = await until(async () => {
      const found = await place.workflow(id).query(sliceProgressQuery);
      return found.length === 4 * EVENTS ? found : null;
    });
    expect(progress.map(({ leaf_task_id }) => leaf_task_id)).toEqual(Array.from({ length: 4 * EVENTS }, (_, n) => `L${n}`));
    await expectVisible(id, "p9", "running");
    place.write("go");
    await place.state(id, ({ slices }) => slices.every(({ state }) => state === "succeeded"));
    expect(place.written("effects")).toBe("once\n");
    await place.walk(id, "p10", "p9");
    const review = place.workflow(reviewWorkflowId(id, "p10"));
    await place.voteAll(id);
    await place.epochs.vote(id, { axis: "elegance", vote: "REVISE", reviewer_id: "reviewer-elegance", key: place.key() });
    await until(async () => (await review.query(reviewStateQuery).catch(() => null))?.votes.elegance?.vote === "REVISE");
    await place.epochs.vote(id, { axis: "elegance", vote: "ACCEPT", reviewer_id: "reviewer-elegance", key: place.key() });
    await place.walk(id, "complete", "p10");
    expect(await place.workflow(id).result()).toMatchObject({ status: "complete", transition_count: 12 });
    await expectVisible(id, "complete", "complete");
    const events = await place.trail.read(id);
    expect(verifyChain(events)).toEqual({ ok: true, problems: [] });
    expect(events.filter(({ type }) => type === "phase_transition").map(({ payload }) => payload["to"])).toEqual(PHASE_IDS.slice(1));
    expect((await place.workflow(sliceWorkflowId(id, "work")).describe()).status.name).toBe("COMPLETED");
    const runs = await histories(place.client, id);
    expect(runs.length).toBeGreaterThan(4);
    expect(Math.max(...runs.map(({ events: one }) => one!.length))).toBeLessThan(EVENTS * 4);
    expect(((await place.epochs.history(id)) as unknown[]).length).toBe(runs.length);
  });

  it("remembers what it answered, also in a later run", async () => {
    const id = await place.epoch();
    const message = { to_phase: "p2", key: place.key() } as const;
    const first = await place.epochs.advance(id, message);
    const run = (await place.workflow(id).describe()).runId;
    await until(async () => {
      await place.workflow(id).signal(registerSessionSignal, { session_id: "agent", role: "architect", key: place.key() });
      return (await place.workflow(id).describe()).runId !== run;
    });
    expect(await place.workflow(id).executeUpdate(advanceUpdate, { args: [message] })).toEqual(first);
    expect(await place.epochs.state(id)).toMatchObject({ current_phase: "p2", transition_count: 1, active_session_count: 1 });
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
  });

  it("loses no update and does none twice while many arrive at once", async () => {
    const id = await place.epoch();
    await place.walk(id, "p9");
    const add = (n: number) => place.epochs.finding(id, { op: "add", id: `f${n}`, description: `number ${n}`, key: place.key() });
    const replies: Reply[] = [];
    // As many as the server takes of one workflow at a time.
    const lanes = Array.from({ length: 10 }, async (_, lane) => {
      for (let n = lane; n < 120; n += 10) replies[n] = await add(n);
    });
    await Promise.all(lanes);
    expect(replies.map(({ success, ids }) => [success, ids])).toEqual(replies.map((_, n) => [true, [`f${n}`]]));
    expect((await place.epochs.state(id)).findings).toHaveLength(120);
    const recorded = await place.epochs.audit(id, { type: "blocker_recorded" });
    expect(recorded).toHaveLength(120);
    expect((await histories(place.client, id)).length).toBeGreaterThan(3);
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
    await place.workflow(id).result();
    expect(verifyChain(await place.trail.read(id))).toEqual({ ok: true, problems: [] });
  });

  it("brings a trail that begins empty up to date", async () => {
    const id = await place.epoch();
    await place.walk(id, "p4");
    await place.retire();
    place.trail = createMemoryTrail(); // as after a restart of an aurad that keeps its trail in memory
    await place.work();
    await place.voteAll(id);
    await until(async () => (await place.trail.read(id)).length === (await place.epochs.keptAudit(id)).length, 30_000);
    expect(verifyChain(await place.trail.read(id))).toEqual({ ok: true, problems: [] });
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
  });

  async function expectVisible(id: string, phase: PhaseId, status: string): Promise<void> {
    const { domain, lead } = phaseOf(phase);
    const attributes = {
      AuraEpochId: id,
      AuraKind: "epoch",
      AuraPhase: phase,
      AuraRole: lead,
      AuraDomain: domain,
      AuraStatus: status,
      AuraHost: place.host,
    };
    const { searchAttributes } = await place.workflow(id).describe();
    expect(Object.fromEntries(Object.entries(searchAttributes).map(([name, value]) => [name, value?.[0]]))).toMatchObject(attributes);
    await until(async () => {
      const row = (await place.epochs.list()).find(({ epoch_id }) => epoch_id === id);
      return row?.phase === phase && row.status === status && row.host === place.host;
    });
  }
});
