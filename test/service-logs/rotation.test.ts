import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createServiceLogs, type ServiceLogs } from "../../src/adapters/service-logs/service-logs.js";
import { fallocate, findCutMode, type SpaceTool } from "../../src/adapters/service-logs/space.js";
import { AuraError } from "../../src/shared/errors.js";
import { diskBytes, isTailOf, numbered, scratch, startWriter, warnings, wholeLog } from "./writer.js";

const refused = () => Promise.reject(new Error("fallocate: Operation not supported"));
const onlyPunch: SpaceTool = { ...fallocate, collapse: refused };
const nothing: SpaceTool = { collapse: refused, punch: refused };

const mode = await findCutMode(fallocate, scratch());
const canCollapse = mode === "collapse";
const canPunch = mode !== "none";
if (!canCollapse) process.stderr.write("SKIP: the temporary directory's file system cannot collapse ranges (needs ext4 or xfs)\n");

/** Sweeps as often as it can while the writer runs for `ms`; calls back after each sweep with the bytes written before it. */
async function sweepFor(ms: number, logs: ServiceLogs, service: string, afterSweep: (wroteMeanwhile: number) => void = () => {}) {
  const until = performance.now() + ms;
  let last = logs.offset(service);
  while (performance.now() < until) {
    await delay(100);
    await logs.sweepOnce();
    const now = logs.offset(service);
    afterSweep(now - last);
    last = now;
  }
}

function put(logs: ServiceLogs, service: string, text: string): void {
  const fd = logs.open(service);
  writeSync(fd, text);
  closeSync(fd);
}

describe("rotation under a writer that keeps its descriptor", () => {
  it.runIf(canCollapse)("loses no line and doubles none at 5 MB/s (collapse)", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    logs.configure("api", { maxSizeBytes: 500_000, keep: 200 });
    const writer = startWriter(logs, "api", 5_000_000);
    await sweepFor(3000, logs, "api");
    const count = await writer.stop();
    await logs.sweepOnce();
    expect(count).toBeGreaterThan(50_000);
    expect(existsSync(join(dir, "api.log.10"))).toBe(true);
    expect(wholeLog(dir, "api") === numbered(0, count)).toBe(true);
    expect(statSync(join(dir, "api.log")).size).toBeLessThanOrEqual(500_000);
    expect(logs.offset("api")).toBe(count * 100);
  });

  it.runIf(canPunch)("loses no line and doubles none at 5 MB/s (punched holes)", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir, space: onlyPunch });
    logs.configure("api", { maxSizeBytes: 500_000, keep: 200 });
    const writer = startWriter(logs, "api", 5_000_000);
    await sweepFor(2000, logs, "api");
    const count = await writer.stop();
    await logs.sweepOnce();
    expect(existsSync(join(dir, "api.log.5"))).toBe(true);
    expect(wholeLog(dir, "api") === numbered(0, count)).toBe(true);
    const live = statSync(join(dir, "api.log"));
    expect(live.size).toBe(count * 100);
    expect(live.blocks * 512).toBeLessThanOrEqual(520_000);
    expect(logs.offset("api")).toBe(count * 100);
  });

  it.runIf(canPunch).each([
    ["collapse", fallocate],
    ["punch", onlyPunch],
  ] as const)("keeps the disk use within (keep + 1) sizes and what one sweep lets in (%s)", async (_title, space) => {
    const dir = scratch();
    const logs = createServiceLogs({ dir, space });
    const maxSizeBytes = 256 * 1024;
    logs.configure("api", { maxSizeBytes, keep: 2 });
    const writer = startWriter(logs, "api", 5_000_000);
    let most = 0;
    await sweepFor(2000, logs, "api", (wrote) => {
      most = Math.max(most, diskBytes(dir, "api") - wrote);
    });
    const count = await writer.stop();
    expect(most).toBeLessThanOrEqual(3 * maxSizeBytes + 8192);
    expect(isTailOf(wholeLog(dir, "api"), count)).toBe(true);
    expect(wholeLog(dir, "api").length).toBeGreaterThan(2 * maxSizeBytes);
  });

  it.runIf(canPunch)("only drops the oldest text with keep 0", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    logs.configure("api", { maxSizeBytes: 64 * 1024, keep: 0 });
    put(logs, "api", numbered(0, 10_000));
    await logs.sweepOnce();
    expect(existsSync(join(dir, "api.log.1"))).toBe(false);
    const left = wholeLog(dir, "api");
    expect(left.length).toBeLessThanOrEqual(64 * 1024);
    expect(left.length).toBeGreaterThanOrEqual(32 * 1024);
    expect(isTailOf(left, 10_000)).toBe(true);
  });

  it.runIf(canPunch)("takes a file apart that grew to many times its size, keeping the newest pieces", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    logs.configure("api", { maxSizeBytes: 100_000, keep: 3 });
    put(logs, "api", numbered(0, 20_000));
    await logs.sweepOnce();
    const text = wholeLog(dir, "api");
    expect(isTailOf(text, 20_000)).toBe(true);
    expect(text.length).toBeGreaterThan(3 * 90_000);
    for (const number of [1, 2, 3]) expect(statSync(join(dir, `api.log.${number}`)).size).toBeLessThanOrEqual(100_000);
    expect(existsSync(join(dir, "api.log.4"))).toBe(false);
  });

  it.runIf(canPunch)("removes the files above keep after keep was lowered", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    logs.configure("api", { maxSizeBytes: 100_000, keep: 5 });
    put(logs, "api", numbered(0, 10_000));
    await logs.sweepOnce();
    logs.configure("api", { maxSizeBytes: 100_000, keep: 1 });
    put(logs, "api", numbered(10_000, 12_000));
    await logs.sweepOnce();
    expect([1, 2, 3, 4, 5].map((number) => existsSync(join(dir, `api.log.${number}`)))).toEqual([true, false, false, false, false]);
    expect(isTailOf(wholeLog(dir, "api"), 12_000)).toBe(true);
  });
});

describe("where the file system cannot cut", () => {
  it("warns once, lets the log grow while the service runs, and rotates it by renaming at the next start", async () => {
    const dir = scratch();
    const { log, lines } = warnings();
    const logs = createServiceLogs({ dir, log, space: nothing });
    logs.configure("api", { maxSizeBytes: 10_000, keep: 2 });
    logs.configure("web", { maxSizeBytes: 10_000, keep: 2 });
    put(logs, "api", numbered(0, 500));
    put(logs, "web", numbered(0, 500));
    await logs.sweepOnce();
    await logs.sweepOnce();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/cannot be rotated while a service runs/);
    expect(statSync(join(dir, "api.log")).size).toBe(50_000);

    put(logs, "api", numbered(500, 600));
    expect(readFileSync(join(dir, "api.log.1"), "utf8")).toBe(numbered(0, 500));
    expect(readFileSync(join(dir, "api.log"), "utf8")).toBe(numbered(500, 600));
    expect(logs.offset("api")).toBe(60_000);
  });

  it("keeps counting after the rename and a restart of aurad", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir, space: nothing });
    logs.configure("api", { maxSizeBytes: 1000, keep: 1 });
    put(logs, "api", numbered(0, 100));
    await logs.sweepOnce();
    put(logs, "api", numbered(100, 110));
    await logs.sweepOnce();
    expect(createServiceLogs({ dir, space: nothing }).offset("api")).toBe(11_000);
  });
});

describe("what goes wrong", () => {
  it.runIf(canPunch)("warns once when a rotation fails, keeps everything, and rotates when it can again", async () => {
    const dir = scratch();
    const { log, lines } = warnings();
    const logs = createServiceLogs({ dir, log });
    logs.configure("api", { maxSizeBytes: 50_000, keep: 10 });
    mkdirSync(join(dir, "api.log.1.tmp", "in the way"), { recursive: true });
    put(logs, "api", numbered(0, 1000));
    await logs.sweepOnce();
    put(logs, "api", numbered(1000, 1100));
    await logs.sweepOnce();
    expect(lines).toEqual(["log was not rotated; it grows until that is possible again"]);
    expect(wholeLog(dir, "api")).toBe(numbered(0, 1100));
    rmSync(join(dir, "api.log.1.tmp"), { recursive: true });
    await logs.sweepOnce();
    expect(statSync(join(dir, "api.log")).size).toBeLessThanOrEqual(50_000);
    expect(wholeLog(dir, "api")).toBe(numbered(0, 1100));
  });

  it("refuses to open a log in a directory that is gone, in one line", () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    rmSync(dir, { recursive: true });
    const open = () => logs.open("api");
    expect(open).toThrow(AuraError);
    expect(open).toThrow(/^cannot open the log of api: ENOENT/);
  });

  it("refuses names that lead out of the directory", () => {
    const logs = createServiceLogs({ dir: scratch() });
    for (const name of ["../api", "a/b", "", ".", "..", "a\0b"]) {
      expect(() => logs.open(name)).toThrow(/cannot name a log/);
      expect(logs.find(name)).toBeUndefined();
    }
  });

  it("makes the log and its sidecar readable by the owner only", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    put(logs, "api", "secret?\n");
    await logs.sweepOnce();
    expect(statSync(join(dir, "api.log")).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, "api.log.idx")).mode & 0o777).toBe(0o600);
  });

  it("lets offsets only grow when somebody empties the log", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    put(logs, "api", numbered(0, 100));
    await logs.sweepOnce();
    truncateSync(join(dir, "api.log"));
    expect(logs.offset("api")).toBe(10_000);
    appendFileSync(join(dir, "api.log"), "after\n");
    expect(logs.offset("api")).toBe(10_006);
    await logs.sweepOnce();
    truncateSync(join(dir, "api.log"));
    expect(createServiceLogs({ dir }).offset("api")).toBe(10_006);
  });

  it("takes a damaged sidecar for none", () => {
    const dir = scratch();
    writeFileSync(join(dir, "api.log"), numbered(0, 10));
    writeFileSync(join(dir, "api.log.idx"), "{broken\n[1,2]\n");
    expect(createServiceLogs({ dir }).offset("api")).toBe(1000);
  });
});

describe("the sweep", () => {
  it("runs by itself until it is stopped", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir, sweepMs: 10 });
    const stop = logs.startSweep();
    put(logs, "api", "line\n");
    while (!existsSync(join(dir, "api.log.idx"))) await delay(5);
    await stop();
    const { mtimeMs } = statSync(join(dir, "api.log.idx"));
    put(logs, "api", "line\n");
    await delay(50);
    expect(statSync(join(dir, "api.log.idx")).mtimeMs).toBe(mtimeMs);
  });

  it("writes nothing for a log that did not grow", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    put(logs, "api", "line\n");
    await logs.sweepOnce();
    const before = readFileSync(join(dir, "api.log.idx"), "utf8");
    await logs.sweepOnce();
    await createServiceLogs({ dir }).sweepOnce();
    expect(readFileSync(join(dir, "api.log.idx"), "utf8")).toBe(before);
  });

  it("no longer looks after a log that was forgotten, and leaves its files", async () => {
    const dir = scratch();
    const logs = createServiceLogs({ dir });
    put(logs, "api", "line\n");
    logs.forget("api");
    await logs.sweepOnce();
    expect(existsSync(join(dir, "api.log.idx"))).toBe(false);
    expect(readFileSync(join(dir, "api.log"), "utf8")).toBe("line\n");
  });
});
