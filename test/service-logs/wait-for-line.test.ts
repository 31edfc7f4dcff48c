import { closeSync, writeSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { createServiceLogs, type ServiceLogs } from "../../src/adapters/service-logs/service-logs.js";
import { numbered, scratch, startWriter } from "./writer.js";

let logs: ServiceLogs;
beforeEach(() => {
  logs = createServiceLogs({ dir: scratch() });
});

function put(text: string): void {
  const fd = logs.open("api");
  writeSync(fd, text);
  closeSync(fd);
}

const wait = (text: string, from = logs.offset("api"), stop = new AbortController()) => ({
  found: logs.waitForLine("api", text, from, stop.signal),
  stop,
});

describe("waiting for a line", () => {
  it("is true once the text is written, though nothing was there at first", async () => {
    const { found } = wait("listening on");
    put("starting\n");
    put("listening on 8080\n");
    expect(await found).toBe(true);
  });

  it("finds text that came in two writes, and in a line that has no end yet", async () => {
    const { found } = wait("ready to serve");
    put("now rea");
    await new Promise((resolve) => setImmediate(resolve));
    put("dy to serve");
    expect(await found).toBe(true);
  });

  it("finds text across the borders of what is read at once", async () => {
    for (const before of [65_530, 65_536, 131_068]) {
      const from = logs.offset("api");
      put(`${"x".repeat(before)}READY\n`);
      expect(await wait("READY", from).found).toBe(true);
    }
  });

  it("does not take a line of the run before for one of this run", async () => {
    put("listening on 8080\n");
    const { found, stop } = wait("listening on");
    put("starting\n");
    setTimeout(() => stop.abort(), 200);
    expect(await found).toBe(false);
  });

  it("is false at once when it is aborted", async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await wait("x", 0, stop).found).toBe(false);
    const second = wait("x");
    second.stop.abort();
    expect(await second.found).toBe(false);
  });

  it("finds the line though the log is rotated while it waits", async () => {
    logs.configure("api", { maxSizeBytes: 100_000, keep: 20 });
    const last = numbered(11_999, 12_000).trimEnd();
    const { found, stop } = wait(last);
    const writer = startWriter(logs, "api", 2_000_000);
    let isOver = false;
    const result = found.finally(() => {
      isOver = true;
    });
    while (!isOver && logs.offset("api") < 4_000_000) {
      await logs.sweepOnce();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    stop.abort();
    expect(await result).toBe(true);
    await writer.stop();
  });
});
