import { closeSync, existsSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { CUT_MARK } from "../../src/adapters/service-logs/lines.js";
import { createLogsPort } from "../../src/adapters/service-logs/logs-port.js";
import { createServiceLogs, type ServiceLogs } from "../../src/adapters/service-logs/service-logs.js";
import type { LogsPort } from "../../src/services/control.js";
import { AuraError } from "../../src/shared/errors.js";
import { numbered, scratch, startWriter } from "./writer.js";

let dir: string;
let clock: number;
let logs: ServiceLogs;
let port: LogsPort;
beforeEach(() => {
  dir = scratch();
  clock = 1_000_000;
  logs = createServiceLogs({ dir, now: () => clock });
  port = createLogsPort(logs);
});

function put(text: string | Buffer): void {
  const fd = logs.open("api");
  writeSync(fd, Buffer.from(text));
  closeSync(fd);
}

const lines = (from: number, to: number) => numbered(from, to).trimEnd().split("\n");

async function take(source: AsyncIterable<string>, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const line of source) {
    taken.push(line);
    if (taken.length === count) break;
  }
  return taken;
}

describe("tail", () => {
  it("gives the last lines, oldest first, and all when there are fewer", async () => {
    put("one\ntwo\r\nthree\n");
    expect(await port.tail("api", { lines: 2 })).toEqual(["two", "three"]);
    expect(await port.tail("api", { lines: 50 })).toEqual(["one", "two", "three"]);
    expect(await port.tail("api", { lines: 0 })).toEqual([]);
  });

  it("shows empty lines and an unfinished last line", async () => {
    put("one\n\n\npassword: ");
    expect(await port.tail("api", { lines: 9 })).toEqual(["one", "", "", "password: "]);
  });

  it("refuses a name that is neither a service nor has a log", async () => {
    for (const name of ["nobody", "../../etc/passwd", ""]) {
      const error = await port.tail(name, { lines: 1 }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AuraError);
      expect((error as AuraError).code).toBe("not_found");
    }
  });

  it("is empty for a service that has never run, and works for one that is no longer configured", async () => {
    logs.configure("quiet", { maxSizeBytes: 1000, keep: 1 });
    expect(await port.tail("quiet", { lines: 5 })).toEqual([]);
    put("old\n");
    const later = createLogsPort(createServiceLogs({ dir }));
    expect(await later.tail("api", { lines: 5 })).toEqual(["old"]);
    rmSync(join(dir, "api.log"));
    expect(await later.tail("api", { lines: 5 }).catch((error: AuraError) => error.code)).toBe("not_found");
  });

  it("reads on in the rotated files, also where a line was cut in two by the rotation", async () => {
    logs.configure("api", { maxSizeBytes: 50_000, keep: 10 });
    put(numbered(0, 3000));
    await logs.sweepOnce();
    expect(existsSync(join(dir, "api.log.5")) || process.platform !== "linux").toBe(true);
    for (const count of [1, 400, 900, 3000]) {
      expect(await port.tail("api", { lines: count })).toEqual(lines(3000 - count, 3000));
    }
  });

  it("cuts a line at 64 KiB, says so, and never in the middle of a character", async () => {
    put(`${"é".repeat(200_000)}\nshort\n`);
    const [long, short] = await port.tail("api", { lines: 2 });
    expect(long).toBe("é".repeat(32_768) + CUT_MARK);
    expect(short).toBe("short");
    put(`x${"é".repeat(200_000)}`);
    expect(await port.tail("api", { lines: 1 })).toEqual([`x${"é".repeat(32_767)}${CUT_MARK}`]);
  });

  it("gives the same lines for any mixture of lengths around its block size", async () => {
    const texts = [65_534, 65_535, 65_536, 1, 0, 131_070, 131_071, 3, 65_533, 7].map((length, i) => String(i % 10).repeat(length));
    put(texts.map((text) => `${text}\n`).join(""));
    const cut = (text: string) => (text.length > 65_536 ? text.slice(0, 65_536) + CUT_MARK : text);
    expect(await port.tail("api", { lines: 100 })).toEqual(texts.map(cut));
    expect(await port.tail("api", { lines: 3 })).toEqual(texts.slice(-3).map(cut));
  });

  it("limits by time to a sweep's precision, also after aurad started anew", async () => {
    for (let minute = 0; minute < 5; minute++) {
      put(`minute ${minute}\n`);
      clock += 60_000;
      await logs.sweepOnce();
    }
    const since = clock - 120_000;
    expect(await port.tail("api", { lines: 50, sinceMs: since })).toEqual(["minute 3", "minute 4"]);
    expect(await port.tail("api", { lines: 1, sinceMs: since })).toEqual(["minute 4"]);
    expect(await port.tail("api", { lines: 50, sinceMs: 0 })).toHaveLength(5);
    put("just now\n");
    expect(await port.tail("api", { lines: 50, sinceMs: clock })).toEqual(["just now"]);
    const later = createLogsPort(createServiceLogs({ dir }));
    expect(await later.tail("api", { lines: 50, sinceMs: since })).toEqual(["minute 3", "minute 4", "just now"]);
  });

  it("limits by time through a rotation", async () => {
    logs.configure("api", { maxSizeBytes: 50_000, keep: 10 });
    put(numbered(0, 1000));
    clock += 60_000;
    await logs.sweepOnce();
    put(numbered(1000, 2000));
    clock += 60_000;
    await logs.sweepOnce();
    expect(await port.tail("api", { lines: 9999, sinceMs: clock - 60_000 })).toEqual(lines(1000, 2000));
  });
});

describe("grep", () => {
  it("gives the last lines that match, from however far back", async () => {
    put(`needle 1\n${numbered(0, 5000)}needle 2\n${numbered(0, 5000)}`);
    expect(await port.tail("api", { lines: 5, grep: "^needle \\d$" })).toEqual(["needle 1", "needle 2"]);
    expect(await port.tail("api", { lines: 1, grep: "needle" })).toEqual(["needle 2"]);
    expect(await port.tail("api", { lines: 1, grep: "absent" })).toEqual([]);
  });

  it("refuses a pattern that is wrong, with the fix", async () => {
    put("x\n");
    const error = await port.tail("api", { lines: 1, grep: "(" }).catch((reason: unknown) => reason);
    expect((error as AuraError).code).toBe("usage");
    expect((error as AuraError).line).toMatch(/^grep: .*Unterminated group.*backslash/);
  });

  it("ends a pattern that backtracks without end instead of stopping aurad", async () => {
    put(`${"a".repeat(60)}!\n`);
    const before = performance.now();
    const error = await port.tail("api", { lines: 1, grep: "^(a+)+$" }).catch((reason: unknown) => reason);
    expect((error as AuraError).code).toBe("usage");
    expect((error as AuraError).message).toMatch(/takes too long/);
    expect(performance.now() - before).toBeLessThan(5000);
  });
});

describe("follow", () => {
  it("begins with the tail and goes on with what is written", async () => {
    put("one\ntwo\n");
    const stop = new AbortController();
    const followed = port.follow("api", { lines: 1 }, stop.signal)[Symbol.asyncIterator]();
    expect(await followed.next()).toEqual({ done: false, value: "two" });
    put("three\n");
    expect(await followed.next()).toEqual({ done: false, value: "three" });
    const waiting = followed.next();
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  it("shows a line that was unfinished at first as one line", async () => {
    put("one\nhel");
    const stop = new AbortController();
    const followed = port.follow("api", { lines: 5 }, stop.signal)[Symbol.asyncIterator]();
    expect((await followed.next()).value).toBe("one");
    const next = followed.next();
    put("lo\n");
    expect((await next).value).toBe("hello");
    stop.abort();
  });

  it("shows an unfinished line after half a second, for it may be a question", async () => {
    put("continue? ");
    const before = performance.now();
    const stop = new AbortController();
    const followed = port.follow("api", { lines: 0 }, stop.signal)[Symbol.asyncIterator]();
    expect((await followed.next()).value).toBe("continue? ");
    expect(performance.now() - before).toBeGreaterThanOrEqual(490);
    put("yes\n");
    expect((await followed.next()).value).toBe("yes");
    stop.abort();
  });

  it("waits for a service that has not run yet", async () => {
    logs.configure("api", { maxSizeBytes: 1000, keep: 1 });
    const stop = new AbortController();
    const first = take(port.follow("api", { lines: 5 }, stop.signal), 1);
    put("hello\n");
    expect(await first).toEqual(["hello"]);
    stop.abort();
  });

  it("misses and doubles no line through rotations under a fast writer", async () => {
    logs.configure("api", { maxSizeBytes: 400_000, keep: 50 });
    const stop = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const line of port.follow("api", { lines: 0 }, stop.signal)) seen.push(line);
    })();
    const writer = startWriter(logs, "api", 3_000_000);
    const until = performance.now() + 1500;
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await logs.sweepOnce();
    }
    const count = await writer.stop();
    while (seen.length < count) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await reading;
    expect(seen).toHaveLength(count);
    expect(`${seen.join("\n")}\n` === numbered(0, count)).toBe(true);
  });

  it("filters both the tail and what follows", async () => {
    put("error 1\nfine\n");
    const stop = new AbortController();
    const two = take(port.follow("api", { lines: 5, grep: "error" }, stop.signal), 2);
    put("fine\nerror 2\n");
    expect(await two).toEqual(["error 1", "error 2"]);
  });

  it("says how much was rotated away before it could be shown", async () => {
    logs.configure("api", { maxSizeBytes: 20_000, keep: 0 });
    put(numbered(0, 10));
    const stop = new AbortController();
    const followed = port.follow("api", { lines: 1 }, stop.signal)[Symbol.asyncIterator]();
    await followed.next();
    put(numbered(10, 1000));
    await logs.sweepOnce();
    const value: unknown = (await followed.next()).value;
    if (process.platform === "linux") expect(value).toMatch(/^\[\d+ bytes were rotated away/);
    stop.abort();
  });
});
