import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chain, FIRST_PREV, hashOf, verifyChain } from "../../src/epochs/audit-chain.js";
import type { AuditEvent } from "../../src/epochs/audit.js";
import { Epoch, START } from "./make.js";

/** The trail of a whole epoch, as its workflow makes it. */
function trail(): AuditEvent[] {
  const epoch = new Epoch().walk("complete");
  const events: AuditEvent[] = [];
  for (const [index, step] of epoch.steps.entries()) {
    const { epoch_id, phase } = step.state;
    events.push(
      ...chain(step.events, { epoch_id, phase, role: "epoch", at: START + index * 1000, key: `k${index}`, last: events.at(-1) ?? null }),
    );
  }
  return events;
}

describe("the chain", () => {
  it("numbers from 1 and ties every event to the one before", () => {
    const events = trail();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ prev }) => prev)).toEqual([FIRST_PREV, ...events.slice(0, -1).map(({ hash }) => hash)]);
    expect(events[0]).toMatchObject({ type: "epoch_started", phase: "p1", by: "ann", at: "2026-01-01T00:00:00.000Z", key: "k0" });
    expect(verifyChain(events)).toEqual({ ok: true, problems: [] });
  });

  it("is SHA-256 of canonical JSON, so that anybody can check it", () => {
    const [event] = chain([{ type: "vote_recorded", by: "r", payload: { b: [1, { y: null, x: "é" }], a: true, gone: undefined } }], {
      epoch_id: "e",
      phase: "p4",
      role: "reviewer",
      at: 0,
      key: "k",
      last: { seq: 4, hash: "f".repeat(64) },
    });
    const canonical = `["e",5,"vote_recorded","p4","reviewer","r","1970-01-01T00:00:00.000Z",{"a":true,"b":[1,{"x":"é","y":null}]},"k","${"f".repeat(64)}"]`;
    expect(event?.hash).toBe(createHash("sha256").update(canonical).digest("hex"));
  });

  it("holds after a way through JSON, whatever the order of the fields", () => {
    const shuffled = trail().map(
      (event) => JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(event).toReversed()))) as AuditEvent,
    );
    expect(verifyChain(shuffled).ok).toBe(true);
  });

  it("can be checked from the middle on", () => {
    expect(verifyChain(trail().slice(5))).toEqual({ ok: true, problems: [] });
    expect(verifyChain([])).toEqual({ ok: true, problems: [] });
  });
});

describe("tampering", () => {
  it.each([
    ["type", "vote_recorded"],
    ["phase", "p9"],
    ["role", "worker"],
    ["by", "mallory"],
    ["at", "2026-01-01T00:00:09.000Z"],
    ["payload", {}],
    ["key", "other"],
    ["epoch_id", "e2"],
  ])("with %s is found", (field, value) => {
    const events = trail();
    events[3] = { ...events[3]!, [field]: value };
    expect(verifyChain(events).problems).toContain("event 4: was changed after it was written, its hash does not fit");
  });

  it("with a hash made to fit is found at the next event", () => {
    const events = trail();
    const forged = { ...events[3]!, by: "mallory" };
    events[3] = { ...forged, hash: hashOf(forged) };
    expect(verifyChain(events).problems).toEqual(["event 5: prev is not the hash of event 4"]);
  });

  it("by leaving events out, or out of order, is found", () => {
    const events = trail();
    expect(verifyChain(events.toSpliced(3, 2)).problems).toEqual(["event 6: follows event 3; what was between is missing"]);
    expect(verifyChain(events.toSpliced(3, 2, events[4]!, events[3]!)).ok).toBe(false);
  });

  it("by another beginning is found", () => {
    const [first] = chain([{ type: "epoch_started", payload: {} }], {
      epoch_id: "e",
      phase: "p1",
      role: "epoch",
      at: 0,
      key: "",
      last: { seq: 0, hash: "a".repeat(64) },
    });
    expect(verifyChain([first!]).ok).toBe(false);
  });
});
