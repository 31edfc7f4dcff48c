import { describe, expect, it } from "vitest";
import { epochDocument } from "../../src/epochs/document.js";
import type { Finding } from "../../src/epochs/messages.js";
import { Epoch, plan, slice } from "./make.js";

const add = (epoch: Epoch, more: Partial<Finding> = {}) => epoch.send({ kind: "finding", message: { op: "add", ...more } });
const resolve = (epoch: Epoch, more: Partial<Finding> = {}) => epoch.send({ kind: "finding", message: { op: "resolve", ...more } });

describe("findings", () => {
  it("are blockers unless told otherwise, and numbered by severity", () => {
    const epoch = new Epoch().walk("p10");
    const ids = [add(epoch), add(epoch, { severity: "MINOR" }), add(epoch), add(epoch, { id: "b7" }), add(epoch)].map(
      ({ reply }) => reply.ids,
    );
    expect(ids).toEqual([["b1"], ["m1"], ["b2"], ["b7"], ["b8"]]);
    expect(epochDocument(epoch.state)).toMatchObject({
      blocker_count: 4,
      severity_groups: { BLOCKER: ["b1", "b2", "b7", "b8"], IMPORTANT: [], MINOR: ["m1"] },
    });
  });

  it("hold p10 shut until the last blocker is resolved; others hold nothing", () => {
    const epoch = new Epoch().walk("p10");
    add(epoch);
    add(epoch, { severity: "MINOR" });
    epoch.acceptAll();
    expect(epoch.to("p11").reply.refused).toEqual(["blocker gate: 1 open BLOCKER (b1); resolve, or go back to p9"]);
    resolve(epoch);
    expect(epoch.to("p11").reply.success).toBe(true);
    expect(epochDocument(epoch.state).severity_groups?.MINOR).toEqual(["m1"]);
  });

  it("are resolved oldest first, blockers before others", () => {
    const epoch = new Epoch().walk("p10");
    for (const severity of ["MINOR", "BLOCKER", "BLOCKER", "IMPORTANT"] as const) add(epoch, { severity });
    expect(
      [resolve(epoch), resolve(epoch, { severity: "IMPORTANT" }), resolve(epoch), resolve(epoch)].map(({ reply }) => reply.ids),
    ).toEqual([["b1"], ["i1"], ["b2"], ["m1"]]);
    expect(resolve(epoch).reply.refused).toEqual(["no finding is open; nothing to resolve"]);
  });

  it("are refused when the id is unknown, resolved, or taken", () => {
    const epoch = new Epoch().walk("p10");
    add(epoch);
    expect(resolve(epoch, { id: "b9" }).reply.refused).toEqual(["no finding b9; open: b1"]);
    expect(add(epoch, { id: "b1" }).reply.refused).toEqual(["finding b1 exists and is open; give another id, or none"]);
    resolve(epoch, { id: "b1" });
    expect(resolve(epoch, { id: "b1" }).reply.refused).toEqual(["finding b1 is resolved already; open: none"]);
    expect(epoch.types().filter((type) => type.startsWith("blocker"))).toEqual(["blocker_recorded", "blocker_resolved"]);
  });

  it("are not for the review of the plan", () => {
    const epoch = new Epoch().walk("p4");
    expect(add(epoch).reply.success).toBe(false);
    expect(epoch.state.findings).toEqual([]);
    expect(epoch.state.violations).toMatchObject([{ constraint: "C-severity-not-plan", blocking: true }]);
  });

  it("stay open when the epoch goes back to p9", () => {
    const epoch = new Epoch(plan([slice("a")])).walk("p10");
    add(epoch, { slice_id: "a" });
    epoch.to("p9");
    expect(epochDocument(epoch.state)).toMatchObject({ blocker_count: 1, findings: [{ slice_id: "a" }] });
    expect(add(epoch, { slice_id: "x" }).reply.refused).toEqual(["no slice x in the plan; known: a"]);
  });

  it("have no groups before the first code review", () => {
    const epoch = new Epoch().walk("p9");
    expect(epochDocument(epoch.state).severity_groups).toBeNull();
    expect(epochDocument(epoch.walk("p10").state).severity_groups).toEqual({ BLOCKER: [], IMPORTANT: [], MINOR: [] });
  });

  it("keep a record that is bounded, without forgetting an open one", () => {
    const epoch = new Epoch().walk("p10");
    add(epoch, { id: "first" });
    for (let round = 0; round < 210; round += 1) {
      const { reply } = add(epoch, { severity: "MINOR" });
      resolve(epoch, { id: reply.ids![0]! });
    }
    expect(epoch.state.findings).toHaveLength(201);
    expect(epoch.state.findings[0]).toMatchObject({ id: "first", resolved_at: null });
    expect(add(epoch, { severity: "MINOR" }).reply.ids).toEqual(["m211"]);
  });
});
