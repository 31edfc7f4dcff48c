import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { openAuditTrail } from "../../src/adapters/audit/open.js";
import type { AuditEvent, AuditFilter } from "../../src/epochs/audit.js";
import { verifyChain } from "../../src/epochs/audit-chain.js";
import { filterAudit } from "../../src/epochs/audit-filter.js";
import { PHASE_IDS, ROLES } from "../../src/epochs/phases.js";
import { AUDIT_TYPES } from "../../src/epochs/audit.js";
import type { AuditTrail } from "../../src/epochs/ports.js";
import { silentLog } from "../../src/shared/log.js";
import { removeScratch, scratch, story } from "./story.js";

interface Backend {
  readonly name: string;
  readonly lasting: boolean;
  /** `place` tells which store: the same one is opened again with it. */
  readonly open: (place: string) => Promise<AuditTrail>;
}

/** Workflows that keep their own events: what is delivered is what they wrote before. */
function workflows(): (place: string) => Promise<AuditTrail> {
  const places = new Map<string, Map<string, AuditEvent[]>>();
  return async (place) => {
    const epochs = places.get(place) ?? new Map<string, AuditEvent[]>();
    places.set(place, epochs);
    const trail = await openAuditTrail({ backend: "temporal" }, silentLog, async (epochId, filter) =>
      structuredClone(filterAudit(epochs.get(epochId) ?? [], filter)),
    );
    return {
      ...trail,
      append(epochId, events) {
        const held = [...(epochs.get(epochId) ?? [])];
        for (const event of events) {
          const { hash = event.prev } = held.at(-1) ?? {};
          if (event.epoch_id === epochId && event.seq === held.length + 1 && event.prev === hash) held.push(event);
        }
        epochs.set(epochId, held);
        return trail.append(epochId, events);
      },
    };
  };
}

const BACKENDS: readonly Backend[] = [
  { name: "memory", lasting: false, open: () => openAuditTrail({ backend: "memory" }, silentLog) },
  { name: "sqlite", lasting: true, open: (place) => openAuditTrail({ backend: "sqlite", path: join(place, "audit.db") }, silentLog) },
  { name: "temporal", lasting: true, open: workflows() },
];

afterAll(removeScratch);

describe.each(BACKENDS)("an audit trail in $name", ({ name, lasting, open }) => {
  const opened: AuditTrail[] = [];
  afterEach(async () => {
    for (const trail of opened.splice(0)) await trail.close();
  });
  const begin = async (place = scratch()): Promise<AuditTrail> => {
    const trail = await open(place);
    opened.push(trail);
    return trail;
  };

  it("tells its name as the log shows it", async () => {
    const place = scratch();
    expect((await begin(place)).name).toBe(name === "sqlite" ? `sqlite:${join(place, "audit.db")}` : name);
  });

  it("gives back what was appended, word for word, and the chain holds", async () => {
    const trail = await begin();
    const events = story("demo", 40);
    expect(await trail.append("demo", events.slice(0, 7))).toBe(8);
    expect(await trail.append("demo", events.slice(7))).toBe(41);
    const rows = await trail.read("demo");
    expect(rows).toEqual(events);
    expect(verifyChain(rows)).toEqual({ ok: true, problems: [] });
  });

  it("knows nothing of an epoch that nobody delivered, and takes an empty delivery as a question", async () => {
    const trail = await begin();
    expect(await trail.read("demo")).toEqual([]);
    expect(await trail.append("demo", [])).toBe(1);
    await trail.append("demo", story("demo", 3));
    expect(await trail.append("demo", [])).toBe(4);
    expect(await trail.read("dem")).toEqual([]);
    expect(await trail.read("demo%")).toEqual([]);
  });

  it("ignores repeats, also those that overlap with something new", async () => {
    const trail = await begin();
    const events = story("demo", 9);
    await trail.append("demo", events.slice(0, 5));
    expect(await trail.append("demo", events.slice(0, 5))).toBe(6);
    expect(await trail.append("demo", events.slice(1, 3))).toBe(6);
    expect(await trail.append("demo", events.slice(2, 9))).toBe(10);
    expect(await trail.read("demo")).toEqual(events);
  });

  it("stores nothing of a delivery with a gap before it, and says what it wants", async () => {
    const trail = await begin();
    const events = story("demo", 9);
    expect(await trail.append("demo", events.slice(3))).toBe(1);
    await trail.append("demo", events.slice(0, 2));
    expect(await trail.append("demo", events.slice(4))).toBe(3);
    expect(await trail.read("demo")).toEqual(events.slice(0, 2));
    expect(await trail.append("demo", events.slice(2))).toBe(10);
    expect(await trail.read("demo")).toEqual(events);
  });

  it("rejects another event under a number that it has, and keeps the one that it has", async () => {
    const trail = await begin();
    const events = story("demo", 4);
    await trail.append("demo", events);
    const others = story("demo", 6, "somebody else");
    await expect(trail.append("demo", others.slice(1, 3))).rejects.toMatchObject({
      code: "audit_conflict",
      message: expect.stringContaining("keeps another event 2 of epoch demo"),
    });
    // Each of its own numbers is new, but they go on from another past.
    await expect(trail.append("demo", others.slice(4))).rejects.toMatchObject({ code: "audit_conflict" });
    expect(await trail.read("demo")).toEqual(events);
    expect(await trail.append("demo", story("demo", 5).slice(4))).toBe(6);
  });

  it("rejects what is not one row of one epoch", async () => {
    const trail = await begin();
    const [one, two, three] = story("demo", 3);
    await expect(trail.append("demo", [one!, three!])).rejects.toMatchObject({ code: "internal" });
    await expect(trail.append("demo", [two!, one!])).rejects.toMatchObject({ code: "internal" });
    await expect(trail.append("other", [one!])).rejects.toMatchObject({ code: "internal" });
    await expect(trail.append("demo", [{ ...one!, seq: 0 }])).rejects.toMatchObject({ code: "internal" });
    expect(await trail.read("other")).toEqual([]);
  });

  it("keeps epochs apart, also when they are written at the same time", async () => {
    const trail = await begin();
    const ids = ["demo", "demo.2", "DEMO", "a-b_c"];
    await Promise.all(
      ids.flatMap((id) => {
        const events = story(id, 20);
        return [trail.append(id, events.slice(0, 10)), trail.append(id, events)];
      }),
    );
    for (const id of ids) expect(await trail.read(id)).toEqual(story(id, 20));
  });

  it("that rejects one delivery takes the others of the same moment", async () => {
    const trail = await begin();
    await trail.append("b", story("b", 3));
    const given = [trail.append("a", story("a", 5)), trail.append("b", story("b", 3, "somebody else")), trail.append("c", story("c", 5))];
    expect(await Promise.allSettled(given)).toMatchObject([{ value: 6 }, { reason: { code: "audit_conflict" } }, { value: 6 }]);
    for (const [id, n] of [
      ["a", 5],
      ["b", 3],
      ["c", 5],
    ] as const)
      expect(await trail.read(id)).toEqual(story(id, n));
  });

  it("reads by phase, role, type and number, each alone and together", async () => {
    const trail = await begin();
    const events = story("demo", 130);
    await trail.append("demo", events);
    await trail.append("other", story("other", 130));
    const filters: AuditFilter[] = [
      ...PHASE_IDS.map((phase) => ({ phase })),
      ...ROLES.map((role) => ({ role })),
      ...AUDIT_TYPES.map((type) => ({ type })),
      { after: 0 },
      { after: 125 },
      { after: 130 },
      { phase: "p3", role: "supervisor" },
      { phase: "p1", type: "epoch_started", role: "epoch", after: 60 },
    ];
    for (const filter of filters) expect(await trail.read("demo", filter)).toEqual(filterAudit(events, filter));
    expect(await trail.read("demo", { phase: "p3", role: "supervisor" })).not.toEqual([]);
  });

  it("is not changed by what its callers do to the events afterwards", async () => {
    const trail = await begin();
    const events = story("demo", 2);
    await trail.append("demo", structuredClone(events));
    const rows = await trail.read("demo");
    Object.assign(rows[0]!.payload, { n: 99 });
    expect(await trail.read("demo")).toEqual(events);
  });

  it("whatever the order of repeated and gapped deliveries, holds the same rows in the end", async () => {
    const events = story("demo", 24);
    const span = fc.tuple(fc.nat({ max: 23 }), fc.integer({ min: 1, max: 9 }));
    await fc.assert(
      fc.asyncProperty(fc.array(span, { maxLength: 25 }), async (spans) => {
        const trail = await open(scratch());
        try {
          let wants = 1;
          for (const [from, length] of spans) {
            const given = events.slice(from, from + length);
            const taken = from < wants ? Math.max(wants, from + given.length + 1) : wants;
            expect(await trail.append("demo", given)).toBe(taken);
            wants = taken;
            expect(await trail.read("demo")).toEqual(events.slice(0, wants - 1));
          }
          // The sender goes by the answer.
          while (wants <= 24) wants = await trail.append("demo", events.slice(wants - 1, wants + 4));
          expect(await trail.read("demo")).toEqual(events);
        } finally {
          await trail.close();
        }
      }),
      { numRuns: name === "sqlite" ? 25 : 100 },
    );
  });

  it.runIf(lasting)("goes on after it was closed and opened again", async () => {
    const place = scratch();
    const events = story("demo", 6);
    const first = await open(place);
    await first.append("demo", events.slice(0, 4));
    await first.close();
    const second = await begin(place);
    expect(await second.read("demo")).toEqual(events.slice(0, 4));
    expect(await second.append("demo", events.slice(3))).toBe(7);
    expect(await second.read("demo")).toEqual(events);
  });

  it.skipIf(lasting)("begins anew in another process, and says so by wanting everything", async () => {
    const first = await begin();
    await first.append("demo", story("demo", 4));
    expect(await (await begin()).append("demo", story("demo", 6).slice(4))).toBe(1);
  });
});
