import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../../src/epochs/audit.js";
import { hashOf } from "../../src/epochs/audit-chain.js";
import { checkTrail } from "../../src/epochs/audit-verify.js";
import { story } from "./story.js";

const events = story("demo", 30);

/** Somebody who knows the format writes the rest of the chain anew. */
function rewritten(from: number): AuditEvent[] {
  const rows = events.slice(0, from - 1);
  for (const event of events.slice(from - 1)) {
    const open = { ...event, by: "mallory", prev: rows.at(-1)?.hash ?? event.prev };
    rows.push({ ...open, hash: hashOf(open) });
  }
  return rows;
}

describe("checking a trail", () => {
  it("finds nothing wrong with a whole one, whether the workflow holds all, its newest, or is gone", () => {
    expect(checkTrail(events, events)).toEqual({ ok: true, events: 30, first_seq: 1, last_seq: 30, compared: 30, problems: [] });
    expect(checkTrail(events, events.slice(20))).toMatchObject({ ok: true, compared: 10 });
    expect(checkTrail(events, null)).toMatchObject({ ok: true, compared: 0 });
    expect(checkTrail([], [])).toMatchObject({ ok: true, events: 0, first_seq: null, last_seq: null });
    // The trail that the workflow itself is, after it let its oldest go.
    expect(checkTrail(events.slice(20), events.slice(20))).toMatchObject({ ok: true, first_seq: 21 });
  });

  it("names the first event that was changed, removed, moved or put in, by the chain alone", () => {
    const at = fc.integer({ min: 1, max: 29 });
    const field = fc.constantFrom("type", "phase", "role", "by", "at", "key", "payload", "prev", "hash", "epoch_id" as const);
    fc.assert(
      fc.property(at, field, (seq, name) => {
        const changed = events.map((event) => (event.seq === seq ? { ...event, [name]: name === "payload" ? { n: -1 } : "p9x" } : event));
        const first = checkTrail(changed, null).problems[0]?.seq;
        // A hash that was changed shows at its own event; so does everything else.
        expect(first).toBe(seq);
      }),
    );
    fc.assert(
      fc.property(at, (seq) => {
        const removed = checkTrail(
          events.filter((event) => event.seq !== seq),
          null,
        ).problems;
        expect(removed[0]).toEqual(
          seq === 1
            ? { seq: 1, what: "event 1 is missing; the trail begins at 2" }
            : { seq: seq + 1, what: `follows event ${seq - 1}; what was between is missing` },
        );
        const moved = events.with(seq - 1, events[seq]!).with(seq, events[seq - 1]!);
        expect(checkTrail(moved, null).ok).toBe(false);
        expect(checkTrail(events.toSpliced(seq, 0, events[seq - 1]!), null).ok).toBe(false);
      }),
    );
  });

  it("finds by the workflow what the chain cannot: a rewritten end, a cut end, an invented end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 29 }), (seq, oldest) => {
        const held = events.slice(oldest);
        const forged = rewritten(seq);
        expect(checkTrail(forged, null).ok).toBe(true);
        expect(checkTrail(forged, held).problems[0]).toEqual({
          seq: Math.max(seq, oldest + 1),
          what: "differs from what the workflow holds",
        });

        const cut = events.slice(0, seq - 1);
        expect(checkTrail(cut, null).ok).toBe(true);
        expect(checkTrail(cut, held).problems[0]).toMatchObject({
          seq: Math.max(seq, oldest + 1),
          what: expect.stringContaining("missing; the workflow holds"),
        });
      }),
    );
    expect(checkTrail(events, events.slice(10, 25)).problems).toEqual([
      { seq: 26, what: "events 26 to 30 are not known to the workflow, whose last is 25" },
    ]);
  });

  it("tells a gap as one problem, however many events are in it", () => {
    const holed = events.filter(({ seq }) => seq < 7 || seq > 12);
    expect(checkTrail(holed, events).problems).toEqual([
      { seq: 7, what: "events 7 to 12 are missing; the workflow holds 1 to 30" },
      { seq: 13, what: "follows event 6; what was between is missing" },
    ]);
  });
});
