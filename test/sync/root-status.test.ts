import { describe, expect, it } from "vitest";
import type { RootStatus } from "../../src/sync/control.js";
import { isHealthy, lastTickText, rootStatus, stateWord, type RootFacts } from "../../src/sync/root-status.js";
import { rootLines } from "../../src/worker/commands/root-lines.js";
import { makeRecord, makeReport } from "./make-record.js";

const facts: RootFacts = {
  rootId: "work",
  deviceId: "laptop",
  path: "/home/ada/work",
  mode: "bidirectional",
  last: makeRecord(),
  ticking: false,
  watcher: "events",
  intervalMs: 300_000,
  dueAt: Date.UTC(2026, 0, 2, 3, 9, 5),
};
const status = (more: Partial<RootFacts>): RootStatus => rootStatus({ ...facts, ...more });
const held = { deletes: 21, of: 30, reason: "21 of 30 files would be deleted" };
const skipped = makeRecord({ outcome: "skip", reason: "offline", detail: "connection refused" });
const failed = makeRecord({ outcome: "error", error: "the bucket says no" });
delete (skipped as { sync?: unknown }).sync;
delete (failed as { sync?: unknown }).sync;

describe("the status of a root", () => {
  it("is what its last tick said, and when the next one is due", () => {
    expect(status({})).toEqual({
      root_id: "work",
      device_id: "laptop",
      path: "/home/ada/work",
      mode: "bidirectional",
      online: true,
      last_tick: makeRecord(),
      error: null,
      in_sync: true,
      ticking: false,
      watcher: "events",
      interval_s: 300,
      next_tick_at: "2026-01-02T03:09:05.000Z",
    });
    expect(status({ ticking: true }).next_tick_at).toBeNull();
  });

  it.each([
    ["starting", { last: null }, { online: true, error: null, in_sync: false }, true],
    ["online", {}, { online: true, error: null, in_sync: true }, true],
    ["offline", { last: skipped }, { online: false, error: null, in_sync: false }, false],
    ["error", { last: failed }, { online: true, error: "the bucket says no", in_sync: false }, false],
    ["held", { last: makeRecord({ sync: makeReport({ held, in_sync: false }) }) }, { error: held.reason, in_sync: false }, false],
  ] as const)("is called %s", (word, more, expected, healthy) => {
    const found = status(more);
    expect(found).toMatchObject(expected);
    expect(stateWord(found)).toBe(word);
    expect(isHealthy(found)).toBe(healthy);
  });

  it.each([
    [3000, 147, "3s ago via watcher (147ms)"],
    [125_000, 1234, "2m ago via watcher (1.2s)"],
    [7_300_000, 61_000, "2h ago via watcher (1m01s)"],
    [200_000_000, 5, "2d ago via watcher (5ms)"],
    [-5000, 5, "0s ago via watcher (5ms)"],
  ])("tells the time since the tick ended: %d ms", (since, duration_ms, text) => {
    const last = makeRecord({ duration_ms });
    expect(lastTickText(status({ last }), Date.parse(last.started_at) + duration_ms + since)).toBe(text);
  });
});

describe("the lines of aurad status", () => {
  const now = Date.parse(facts.last!.started_at) + 147 + 3000;

  it("are columns: root, state, last tick, folder", () => {
    const archive = { rootId: "archive", path: "/mnt/archive", last: makeRecord({ trigger: "interval", duration_ms: 1200 }) };
    expect(rootLines([status({}), status(archive)], now, "/home/ada")).toEqual([
      "work     online  3s ago via watcher (147ms)  ~/work",
      "archive  online  1s ago via interval (1.2s)  /mnt/archive",
    ]);
  });

  it("say below a root what is wrong with it", () => {
    const lines = rootLines(
      [status({ last: skipped }), status({ rootId: "b", last: failed, ticking: true }), status({ last: null })],
      now,
      "/",
    );
    expect(lines).toEqual([
      "work  offline   3s ago via watcher (147ms)           /home/ada/work",
      "      connection refused",
      "b     error     3s ago via watcher (147ms), ticking  /home/ada/work",
      "      the bucket says no",
      "work  starting  no tick yet                          /home/ada/work",
    ]);
  });

  it("let no name speak to the terminal", () => {
    expect(rootLines([status({ path: "/a\u001b[31m\nb" })], now, "/home/ada")[0]).toContain(String.raw`/a\u001b[31m\nb`);
  });

  it("are none without roots", () => {
    expect(rootLines([], now, "/home/ada")).toEqual([]);
  });
});
