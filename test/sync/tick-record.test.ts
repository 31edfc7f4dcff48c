import { describe, expect, it } from "vitest";
import type { TickRecord } from "../../src/sync/control.js";
import { firstOf, forHistory, tickEnd, tickRecord, tickStart } from "../../src/sync/tick-record.js";
import { TickRing } from "../../src/sync/tick-ring.js";
import { makeRecord, makeReport } from "./make-record.js";

const times = { index: 3, trigger: "head-poll", startedAt: Date.UTC(2026, 0, 2, 3, 4, 5), durationMs: 146.7 } as const;
const told = { tick_index: 3, trigger: "head-poll", started_at: "2026-01-02T03:04:05.000Z", duration_ms: 147 } as const;

describe("the record of a tick", () => {
  it("says what came of it: a report, nobody there, or a failure", () => {
    const report = makeReport();
    expect(tickRecord(times, { kind: "ok", report })).toEqual({ ...told, outcome: "ok", sync: report });
    expect(tickRecord(times, { kind: "offline", reason: "connection refused" })).toEqual({
      ...told,
      outcome: "skip",
      reason: "offline",
      detail: "connection refused",
    });
    const failure = { kind: "error", code: "store_denied", message: "the bucket says no" } as const;
    expect(tickRecord(times, failure)).toEqual({ ...told, outcome: "error", error: "the bucket says no" });
  });
});

describe("what the log has of a tick", () => {
  const envelope = { schema_version: 1, root_id: "work", tick_index: 3, trigger: "head-poll" };

  it("is a record before it begins", () => {
    const fields = { ...envelope, event: "tick_start" };
    expect(tickStart("work", times)).toEqual({ level: "info", event: "tick_start", fields });
  });

  it.each<[title: string, record: TickRecord, level: string, event: string, fields: object]>([
    [
      "its report",
      { ...told, outcome: "ok", sync: makeReport() },
      "info",
      "tick_end",
      { duration_ms: 147, outcome: "ok", sync: makeReport() },
    ],
    ["its failure", { ...told, outcome: "error", error: "no" }, "error", "tick_end", { duration_ms: 147, outcome: "error", error: "no" }],
    [
      "that nobody answered",
      { ...told, outcome: "skip", reason: "offline", detail: "refused" },
      "warn",
      "tick_skip",
      { reason: "offline", detail: "refused" },
    ],
  ])("is one record after it, with %s", (_, record, level, event, fields) => {
    expect(tickEnd("work", record)).toEqual({ level, event, fields: { ...envelope, event, ...fields } });
  });

  it("warns of deletions that wait for a person", () => {
    const held = { deletes: 21, of: 30, reason: "21 of 30 files would be deleted" };
    expect(tickEnd("work", makeRecord({ sync: makeReport({ held }) })).level).toBe("warn");
  });
});

describe("what a history has of a tick", () => {
  const many = <T>(make: (n: number) => T): T[] => Array.from({ length: 30 }, (_, n) => make(n));

  it("has no list of more than 20 entries, and no long text", () => {
    const long = "x".repeat(5000);
    const sync = makeReport({
      conflicts: many((n) => `${n}`),
      problems: many(() => ({ path: long, message: long })),
      problems_total: 30,
      plan: many((n) => ({ action: "rename" as const, path: `${n}`, from: long })),
      held: { deletes: 30, of: 30, reason: long, paths: many(() => long) },
    });
    const cut = forHistory(makeRecord({ sync }));
    expect(cut.sync!.conflicts).toHaveLength(20);
    expect(cut.sync!.problems).toHaveLength(20);
    expect(cut.sync!.plan).toHaveLength(20);
    expect(cut.sync!.held!.paths).toHaveLength(20);
    expect(cut.sync!.problems_total).toBe(30);
    expect(JSON.stringify(cut).length).toBeLessThan(40_000);
    expect(forHistory(makeRecord({ outcome: "error", error: long })).error!.length).toBeLessThan(500);
  });

  it("is otherwise the record itself", () => {
    for (const record of [makeRecord(), makeRecord({ outcome: "error", error: "no" })]) expect(forHistory(record)).toEqual(record);
  });

  it("tells how much of a list is missing", () => {
    expect(firstOf([1, 2])).toEqual({ list: [1, 2] });
    expect(firstOf(many((n) => n))).toEqual({ list: many((n) => n).slice(0, 20), left_out: 10 });
  });
});

describe("the ticks that are kept", () => {
  const ring = (capacity: number, ticks: number): TickRing => {
    const made = new TickRing(capacity);
    for (let tick_index = 0; tick_index < ticks; tick_index++) made.add(makeRecord({ tick_index }));
    return made;
  };
  const indices = (records: readonly TickRecord[]): number[] => records.map(({ tick_index }) => tick_index);

  it("are the newest, oldest first", () => {
    expect(indices(ring(10, 12).slice(100))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(indices(ring(10, 12).slice(3))).toEqual([9, 10, 11]);
    expect(indices(ring(10, 2).slice(Number.MAX_SAFE_INTEGER))).toEqual([0, 1]);
    expect(indices(ring(10, 0).slice(1))).toEqual([]);
  });

  it("are at least one where there is one", () => {
    expect(indices(ring(10, 3).slice(-7))).toEqual([2]);
  });

  it("are none but the last where there is no room", () => {
    const none = ring(0, 3);
    expect(none.slice(10)).toEqual([]);
    expect(none.last?.tick_index).toBe(2);
  });

  it("are as many as there is room from now on", () => {
    const shrunk = ring(10, 10);
    shrunk.resize(2);
    expect(indices(shrunk.slice(10))).toEqual([8, 9]);
    shrunk.add(makeRecord({ tick_index: 10 }));
    expect(indices(shrunk.slice(10))).toEqual([9, 10]);
    shrunk.resize(0);
    expect(shrunk.slice(10)).toEqual([]);
  });

  it("tell apart what was done and what only would have been, and keep one plan at most", () => {
    const kept = ring(10, 1);
    const plan = [{ action: "upload" as const, path: "a" }];
    kept.add(makeRecord({ tick_index: 1, sync: makeReport({ dry_run: true, plan }) }));
    expect(kept.lastReal?.tick_index).toBe(0);
    expect(kept.last?.tick_index).toBe(1);
    expect(kept.find(1)?.sync?.plan).toEqual(plan);
    kept.add(makeRecord({ tick_index: 2 }));
    expect(kept.find(1)?.sync).not.toHaveProperty("plan");
    expect(kept.find(7)).toBeUndefined();
  });
});
