import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  begun,
  cutOff,
  dueAt,
  fallDue,
  initialSchedule,
  mergeWakes,
  MOST_FOLDERS,
  nextWake,
  over,
  type Schedule,
  wake,
  type Wake,
} from "../../src/sync/schedule.js";

const fine = { whole: true, ok: true };

describe("two calls for a tick", () => {
  it.each<[title: string, first: Wake | null, next: Wake, merged: Wake]>([
    [
      "are named after the first",
      { trigger: "watcher", folders: ["a"] },
      { trigger: "head-poll", folders: [] },
      { trigger: "watcher", folders: ["a"] },
    ],
    [
      "look at the folders of both",
      { trigger: "watcher", folders: ["a", "b"] },
      { trigger: "watcher", folders: ["b", "c"] },
      { trigger: "watcher", folders: ["a", "b", "c"] },
    ],
    ["look at everything when one does", { trigger: "watcher" }, { trigger: "watcher", folders: ["a"] }, { trigger: "watcher" }],
    ["look at everything when the other does", { trigger: "watcher", folders: ["a"] }, { trigger: "interval" }, { trigger: "watcher" }],
    ["are the start when aurad has just started", { trigger: "watcher", folders: ["a"] }, { trigger: "startup" }, { trigger: "startup" }],
    ["are the one when it is alone", null, { trigger: "notice", folders: [] }, { trigger: "notice", folders: [] }],
  ])("%s", (_, first, next, merged) => {
    expect(mergeWakes(first, next)).toEqual(merged);
  });

  it("look at everything where the folders are too many for a history", () => {
    const folders = (from: number, n: number): string[] => Array.from({ length: n }, (__, index) => `f${from + index}`);
    expect(mergeWakes(null, { trigger: "watcher", folders: folders(0, MOST_FOLDERS) }).folders).toHaveLength(MOST_FOLDERS);
    expect(mergeWakes(null, { trigger: "watcher", folders: folders(0, MOST_FOLDERS + 1) })).toEqual({ trigger: "watcher" });
    const first = mergeWakes(null, { trigger: "watcher", folders: folders(0, 15) });
    expect(mergeWakes(first, { trigger: "watcher", folders: folders(10, 15) })).toEqual({ trigger: "watcher" });
  });

  it("never forget a folder, in whatever order they come", () => {
    const folders = fc.option(fc.array(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 25 }), { nil: undefined });
    const wakes = fc.array(
      fc.record({ trigger: fc.constantFrom("watcher", "head-poll", "notice"), folders }, { requiredKeys: ["trigger"] }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(wakes, (given) => {
        const merged = (given as Wake[]).reduce<Wake | null>((so_far, next) => mergeWakes(so_far, next), null)!;
        const asked = (given as Wake[]).flatMap((one) => one.folders ?? []);
        const whole = (given as Wake[]).some((one) => one.folders === undefined);
        if (merged.folders !== undefined) {
          expect(whole).toBe(false);
          expect(merged.folders).toEqual([...new Set(asked)]);
        }
      }),
    );
  });
});

describe("the interval", () => {
  const start = initialSchedule(60_000);

  it("does not begin before the first tick", () => {
    expect(dueAt(start)).toBeNull();
    expect(nextWake(fallDue(start, 1e15))).toBeNull();
  });

  it("begins anew with the end of every tick, whatever caused it", () => {
    const ticked = over(begun(wake(start, { trigger: "startup" })), 1000, fine);
    expect(dueAt(ticked)).toBe(61_000);
    const again = over(begun(wake(ticked, { trigger: "watcher", folders: ["a"] })), 50_000, { whole: false, ok: true });
    expect(dueAt(again)).toBe(110_000);
    expect(nextWake(fallDue(again, 109_999))).toBeNull();
    expect(nextWake(fallDue(again, 110_000))).toEqual({ trigger: "interval" });
  });

  it("is what it is told to be from then on", () => {
    const ticked = over(start, 1000, fine);
    expect(dueAt({ ...ticked, intervalMs: 5000 })).toBe(6000);
  });

  it("gives way to what is pending already", () => {
    const busy = wake(over(start, 0, fine), { trigger: "head-poll", folders: [] });
    expect(nextWake(fallDue(busy, 60_000))).toEqual({ trigger: "head-poll" });
  });
});

describe("a tick that did not do what it was to do", () => {
  const watched = (schedule: Schedule): Schedule => wake(schedule, { trigger: "watcher", folders: ["a"] });

  it("makes the next ones look at everything, until one did", () => {
    let schedule = over(initialSchedule(1000), 0, { whole: false, ok: false });
    expect(nextWake(watched(schedule))).toEqual({ trigger: "watcher" });
    schedule = over(begun(watched(schedule)), 1, { whole: true, ok: false });
    expect(nextWake(watched(schedule))).toEqual({ trigger: "watcher" });
    schedule = over(begun(watched(schedule)), 2, fine);
    expect(nextWake(watched(schedule))).toEqual({ trigger: "watcher", folders: ["a"] });
  });

  it("is no reason to tick before the interval, unless nobody knows what became of it", () => {
    expect(dueAt(over(initialSchedule(60_000), 0, { whole: true, ok: false }))).toBe(60_000);
    const pauses = [1, 2, 3, 4, 5, 6].map((times) => {
      let schedule = initialSchedule(60_000);
      for (let n = 0; n < times; n++) schedule = cutOff(schedule, 0);
      return dueAt(schedule);
    });
    expect(pauses).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(dueAt(over(cutOff(initialSchedule(60_000), 0), 7, fine))).toBe(60_007);
  });
});
