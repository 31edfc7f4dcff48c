import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Journal } from "../../src/adapters/journal/journal.js";
import { StoryTeller } from "../../src/monitors/story-teller.js";
import type { Transition } from "../../src/services/snapshot.js";
import { silentLog } from "../../src/shared/log.js";
import { makeTransition } from "../services/make.js";

const parent = mkdtempSync(join(tmpdir(), "aura-stories-"));
let journal: Journal;
let count = 0;
const open = (): Journal => new Journal(join(parent, `journal-${count}`), silentLog, [StoryTeller.reader]);

beforeEach(() => {
  vi.useFakeTimers();
  count += 1;
  journal = open();
});
afterEach(() => {
  journal.close();
  vi.useRealTimers();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** A workflow: takes in what is new to it, as ServiceWorkflow does, and notes every delivery. */
class Workflows {
  readonly heard = new Map<string, number[]>();
  readonly deliveries: { service: string; size: number; at: number }[] = [];
  /** Fails a delivery, before or after it arrived. */
  weather: () => "fine" | "lost" | "arrived, answer lost" = () => "fine";

  deliver = async (service: string, transitions: readonly Transition[]): Promise<void> => {
    this.deliveries.push({ service, size: transitions.length, at: Date.now() });
    const weather = this.weather();
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (weather !== "lost") {
      const heard = this.heard.get(service) ?? [];
      this.heard.set(service, heard);
      for (const { seq, repeats } of transitions) {
        if (seq <= (heard.at(-1) ?? 0)) continue;
        for (let missing = (repeats ?? 1) - 1; missing >= 0; missing--) heard.push(seq - missing);
      }
    }
    if (weather !== "fine") throw new Error("deadline exceeded");
  };
}

const append = (teller: StoryTeller, service: string, seq: number): void => {
  journal.append({ kind: "transition", transition: makeTransition(service, seq) });
  teller.notice();
};
const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe("transitions on their way to the workflows", () => {
  it("arrive in order, those of one moment together", async () => {
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    teller.resume();
    for (let seq = 1; seq <= 3; seq++) append(teller, "api", seq);
    await vi.advanceTimersByTimeAsync(100);
    expect(workflows.heard.get("api")).toEqual([1, 2, 3]);
    expect(workflows.deliveries).toHaveLength(1);
    expect(await teller.settled(0)).toBe(true);
    expect(journal.cursor(StoryTeller.reader)).toBe(3);
  });

  it("wait while there is nobody to tell, and cost nothing", async () => {
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    append(teller, "api", 1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflows.deliveries).toEqual([]);
    expect(journal.cursor(StoryTeller.reader)).toBe(0);
    teller.resume();
    await vi.advanceTimersByTimeAsync(100);
    expect(workflows.heard.get("api")).toEqual([1]);
  });

  it("go on after a pause that came while a failed delivery waited for its next try", async () => {
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    workflows.weather = () => "lost";
    teller.resume();
    append(teller, "api", 1);
    await vi.advanceTimersByTimeAsync(50);
    expect(workflows.deliveries).toHaveLength(1);
    teller.pause();
    workflows.weather = () => "fine";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflows.deliveries).toHaveLength(1);
    teller.resume();
    await vi.advanceTimersByTimeAsync(1000);
    expect(workflows.heard.get("api")).toEqual([1]);
  });

  it("all arrive, in order for each service, through failures, lost answers and kills of aurad", async () => {
    let random = 7;
    const next = (): number => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647;
    const workflows = new Workflows();
    workflows.weather = () => (["fine", "lost", "arrived, answer lost"] as const)[Math.floor(next() * 3)]!;
    const services = ["api", "db", "web", "worker", "cron", "proxy"];
    const seqs = Object.fromEntries(services.map((service) => [service, 0]));
    let teller = new StoryTeller(journal, workflows.deliver, silentLog);
    teller.resume();
    for (let turn = 0; turn < 600; turn++) {
      const service = services[Math.floor(next() * services.length)]!;
      append(teller, service, ++seqs[service]!);
      await vi.advanceTimersByTimeAsync(Math.floor(next() * 200));
      if (turn % 60 !== 59) continue;
      // Killed: what was in memory is gone, also what of the cursor was not saved yet.
      teller.pause();
      journal.close();
      journal = open();
      teller = new StoryTeller(journal, workflows.deliver, silentLog);
      teller.resume();
    }
    workflows.weather = () => "fine";
    await vi.advanceTimersByTimeAsync(120_000);
    expect(await teller.settled(0)).toBe(true);
    for (const service of services) expect(workflows.heard.get(service)).toEqual(upTo(seqs[service]!));
    expect(journal.cursor(StoryTeller.reader)).toBe(600);
  });

  it("that come in a crash loop are told in few, large deliveries, none of them lost", async () => {
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    teller.resume();
    for (let seq = 1; seq <= 6000; seq++) {
      append(teller, "api", seq);
      await vi.advanceTimersByTimeAsync(100); // ten a second for ten minutes
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflows.heard.get("api")).toEqual(upTo(6000));
    expect(workflows.deliveries.length).toBeLessThan(40);
    expect(Math.max(...workflows.deliveries.map(({ size }) => size))).toBeLessThanOrEqual(60);
  });

  it("are quick again for a service that was quiet for a while", async () => {
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    teller.resume();
    for (let seq = 1; seq <= 300; seq++) {
      append(teller, "api", seq);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(120_000);
    const before = workflows.deliveries.length;
    append(teller, "api", 301);
    await vi.advanceTimersByTimeAsync(100);
    expect(workflows.deliveries).toHaveLength(before + 1);
  });

  it("of one service in a loop do not keep the others waiting", async () => {
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    teller.resume();
    for (let seq = 1; seq <= 200; seq++) {
      append(teller, "loop", seq);
      await vi.advanceTimersByTimeAsync(100);
    }
    append(teller, "api", 1);
    await vi.advanceTimersByTimeAsync(50);
    expect(workflows.heard.get("api")).toEqual([1]);
  });

  it("are all told before a stop, pauses or not, and a dead server does not hold it up", async () => {
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    teller.resume();
    for (let seq = 1; seq <= 200; seq++) {
      append(teller, "api", seq);
      await vi.advanceTimersByTimeAsync(100);
    }
    const settled = teller.settled(3000);
    await vi.advanceTimersByTimeAsync(100);
    expect(await settled).toBe(true);
    expect(workflows.heard.get("api")).toEqual(upTo(200));

    workflows.weather = () => "lost";
    append(teller, "api", 201);
    const failing = teller.settled(3000);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await failing).toBe(false);
  });

  it("let a busy host start its services first", async () => {
    let busy = true;
    const workflows = new Workflows();
    const teller = new StoryTeller(journal, workflows.deliver, silentLog, () => busy);
    teller.resume();
    append(teller, "api", 1);
    await vi.advanceTimersByTimeAsync(2000);
    expect(workflows.deliveries).toEqual([]);
    busy = false;
    await vi.advanceTimersByTimeAsync(500);
    expect(workflows.heard.get("api")).toEqual([1]);
  });

  it("of a loop behind an absent server are told with their number when it is back, in a row that stays short meanwhile", async () => {
    const workflows = new Workflows();
    workflows.weather = () => "lost";
    const teller = new StoryTeller(journal, workflows.deliver, silentLog);
    teller.resume();
    for (let seq = 1; seq <= 30_000; seq++) {
      append(teller, "loop", seq);
      if (seq % 1000 === 0) await vi.advanceTimersByTimeAsync(20_000);
    }
    workflows.weather = () => "fine";
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflows.heard.get("loop")).toEqual(upTo(30_000));
    expect(await teller.settled(0)).toBe(true);
    expect(journal.cursor(StoryTeller.reader)).toBe(30_000);
  });
});
