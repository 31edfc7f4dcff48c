import { afterEach, describe, expect, inject, it } from "vitest";
import { createMemoryTrail } from "../../src/adapters/audit/memory.js";
import { findingSignal } from "../../src/workflows/epoch-messages.js";
import { missing } from "../support/components.js";
import { type Gate, startGate } from "../support/gate.js";
import { until } from "../support/until.js";
import { EpochPlace } from "./epoch-place.js";

describe.skipIf(missing("temporal"))("the audit trail of an epoch", { timeout: 120_000 }, () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it("holds nothing that the history does not: what an aurad that is cut off amid its task did not tell has not happened", async () => {
    const gate: Gate = await startGate(inject("temporal")!.address);
    ends.push(() => gate.end());
    // One trail for both, as the file of a host whose aurad is started again.
    const trail = createMemoryTrail();
    const append = trail.append.bind(trail);
    let isLast = false;
    let isCut = false;
    trail.append = async (id, events) => {
      const wants = await append(id, events);
      if (isLast && !isCut) {
        isCut = true;
        gate.shut();
      }
      return wants;
    };
    const first = await new EpochPlace({ address: gate.address, trail }).start();
    ends.push(() => first.end());
    const id = await first.epoch();
    await first.walk(id, "p4");
    await until(async () => (await trail.read(id)).length === (await first.epochs.keptAudit(id)).length, 30_000);

    isLast = true;
    const vote = { axis: "elegance", vote: "ACCEPT", reviewer_id: "carla", key: first.key() } as const;
    first.epochs.vote(id, vote).catch(() => {});
    await until(() => isCut);
    const second = await new EpochPlace({ queue: first.queue, trail }).start();
    ends.push(() => second.end());
    expect(await second.epochs.vote(id, vote)).toMatchObject({ success: true });
    await second.epochs.vote(id, { axis: "correctness", vote: "ACCEPT", reviewer_id: "dan", key: second.key() });
    const kept = await second.epochs.keptAudit(id);
    await until(
      async () => (await trail.read(id)).length === kept.length,
      40_000,
      async () => JSON.stringify({ kept: kept.slice(-3), trail: (await trail.read(id)).slice(-3) }, null, 1),
    );
    expect(await trail.read(id)).toEqual(kept);
    await second.epochs.cancel(id, { reason: "over", key: second.key() });
    await second.workflow(id).result();
    // The one that was cut off ends as one that is back.
    gate.open();
  });

  it("tells the same times from the history alone: no task that made events is without a trace in it", async () => {
    const place = await new EpochPlace().start();
    ends.push(() => place.end());
    const id = await place.epoch();
    await place.epochs.advance(id, { to_phase: "p2", key: place.key() });
    for (let n = 1; n <= 3; n++) {
      await place.workflow(id).signal(findingSignal, { op: "add", description: `gap ${n}` });
      await place.state(id, ({ findings }) => findings.length === n);
      await place.epochs.registerSession(id, { session_id: `s${n}`, role: "architect", key: place.key() });
    }
    const kept = await place.epochs.keptAudit(id);
    await until(async () => (await place.trail.read(id)).length === kept.length, 30_000);
    // A replay takes a task that left nothing for a part of the next one, with the time of that.
    const { events } = await place.workflow(id).fetchHistory();
    const traceless = events!.filter(
      (event, at) => event.workflowTaskCompletedEventAttributes && events![at + 1]?.workflowTaskScheduledEventAttributes,
    );
    expect(traceless).toEqual([]);
    await place.retire();
    await place.work();
    expect(await place.epochs.keptAudit(id)).toEqual(kept);
    await place.epochs.cancel(id, { reason: "over", key: place.key() });
    await place.workflow(id).result();
  });
});
