import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { HostReporter } from "../../src/monitors/host-reporter.js";
import { initialService } from "../../src/services/supervised.js";
import type { Snapshot } from "../../src/services/snapshot.js";
import { silentLog } from "../../src/shared/log.js";

const first: Snapshot = { ...initialService({ name: "web", type: "native" }, 0).snapshot, state: "running", ready: true, orderSeq: 1 };

let told: Snapshot[];
let reporter: HostReporter;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  told = [];
  reporter = new HostReporter(async (snapshots) => void told.push(...snapshots), silentLog);
  reporter.attached([first]);
});

afterEach(() => {
  reporter.pause();
  vi.useRealTimers();
});

/** One crash and the restart 100 ms after it. */
async function crash(restartCount: number): Promise<void> {
  reporter.changed({ ...first, state: "backoff", ready: false, restartCount });
  await vi.advanceTimersByTimeAsync(100);
  reporter.changed({ ...first, restartCount });
  await vi.advanceTimersByTimeAsync(100);
}

it("reports a crash loop of an hour a few hundred times, not tens of thousands", async () => {
  for (let n = 1; n <= 18_000; n++) await crash(n);
  expect(told.length).toBeLessThan(400);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(told.at(-1)).toMatchObject({ state: "running", ready: true });
});

it("reports the first crashes at once", async () => {
  await crash(1);
  expect(told.map(({ state }) => state)).toEqual(["backoff", "running"]);
});

it("reports at once that a service which comes and goes gave up", async () => {
  for (let n = 1; n <= 100; n++) await crash(n);
  const before = told.length;
  reporter.changed({ ...first, state: "failed", ready: false, finished: true });
  await vi.advanceTimersByTimeAsync(1);
  expect(told.slice(before)).toMatchObject([{ state: "failed" }]);
});

it("reports at once what an order does to a service that comes and goes", async () => {
  for (let n = 1; n <= 100; n++) await crash(n);
  const before = told.length;
  reporter.changed({ ...first, state: "stopping", ready: false, orderSeq: 2 });
  await vi.advanceTimersByTimeAsync(20);
  reporter.changed({ ...first, state: "stopped", ready: false, orderSeq: 2 });
  await vi.advanceTimersByTimeAsync(20);
  expect(told.slice(before)).toMatchObject([{ state: "stopping" }, { state: "stopped" }]);
});
