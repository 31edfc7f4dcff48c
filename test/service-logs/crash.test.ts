import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createServiceLogs, type ServiceLogs } from "../../src/adapters/service-logs/service-logs.js";
import { fallocate, findCutMode, type SpaceTool } from "../../src/adapters/service-logs/space.js";
import { createLogsPort } from "../../src/adapters/service-logs/logs-port.js";
import { numbered, scratch, wholeLog } from "./writer.js";

const canCollapse = (await findCutMode(fallocate, scratch())) === "collapse";
const limits = { maxSizeBytes: 50_000, keep: 10 };

function put(logs: ServiceLogs, text: string): void {
  const fd = logs.open("api");
  writeSync(fd, text);
  closeSync(fd);
}

function begin(dir: string, space: SpaceTool = fallocate): ServiceLogs {
  const logs = createServiceLogs({ dir, space });
  logs.configure("api", limits);
  return logs;
}

/**
 * A sweep that is dropped at the cut, as by kill -9: `crashed` resolves there and nothing of it runs any further.
 * Scratch files are cut as ever, so that the mode is found.
 */
function crashAtCut(dir: string, before: (file: string, length: number) => Promise<void>): { logs: ServiceLogs; crashed: Promise<void> } {
  let crash = (): void => {};
  const crashed = new Promise<void>((resolve) => {
    crash = resolve;
  });
  const space: SpaceTool = {
    ...fallocate,
    async collapse(file, length) {
      if (!file.endsWith("api.log")) return fallocate.collapse(file, length);
      await before(file, length);
      crash();
      await new Promise(() => {});
    },
  };
  return { logs: begin(dir, space), crashed };
}

async function readable(logs: ServiceLogs): Promise<string> {
  const lines = await createLogsPort(logs).tail("api", { lines: 1_000_000 });
  return lines.map((line) => `${line}\n`).join("");
}

describe.runIf(canCollapse)("a crash during a rotation", () => {
  const moments: [string, (file: string, length: number) => Promise<void>][] = [
    ["before the cut", async () => {}],
    ["after the cut", (file, length) => fallocate.collapse(file, length)],
  ];

  it.each(moments)("%s neither loses nor doubles a line, and offsets go on", async (_title, before) => {
    const dir = scratch();
    const { logs, crashed } = crashAtCut(dir, before);
    put(logs, numbered(0, 1000));
    void logs.sweepOnce();
    await crashed;

    const next = begin(dir);
    expect(next.offset("api")).toBe(100_000);
    expect(await readable(next)).toBe(numbered(0, 1000));
    put(next, numbered(1000, 2000));
    await next.sweepOnce();
    expect(wholeLog(dir, "api")).toBe(numbered(0, 2000));
    expect(next.offset("api")).toBe(200_000);
    expect(await readable(next)).toBe(numbered(0, 2000));
  });

  it.each(moments)("%s, with text that repeats itself, never loses a line", async (_title, before) => {
    const dir = scratch();
    const { logs, crashed } = crashAtCut(dir, before);
    const text = "tick...\n".repeat(10_000);
    put(logs, text);
    void logs.sweepOnce();
    await crashed;
    put(logs, text); // the service goes on while aurad is away
    const next = begin(dir);
    await next.sweepOnce();
    expect(wholeLog(dir, "api").length).toBeGreaterThanOrEqual(2 * text.length);
  });

  it("while the copy was written discards the copy and keeps the text", async () => {
    const dir = scratch();
    const logs = begin(dir);
    put(logs, numbered(0, 1000));
    writeFileSync(join(dir, "api.log.1.tmp"), numbered(0, 100));
    const next = begin(dir);
    expect(existsSync(join(dir, "api.log.1.tmp"))).toBe(false);
    await next.sweepOnce();
    expect(wholeLog(dir, "api")).toBe(numbered(0, 1000));
  });

  it("followed by somebody emptying the log does not cut what was written since", async () => {
    const dir = scratch();
    const { logs, crashed } = crashAtCut(dir, async () => {});
    put(logs, numbered(0, 1000));
    void logs.sweepOnce();
    await crashed;
    writeFileSync(join(dir, "api.log"), numbered(1000, 2600));
    const next = begin(dir);
    await next.sweepOnce();
    expect(wholeLog(dir, "api").endsWith(numbered(1000, 2600))).toBe(true);
    expect(next.offset("api")).toBeGreaterThanOrEqual(100_000);
  });

  it("leaves the file alone as long as the earlier aurad's cut still runs", async () => {
    const dir = scratch();
    const { logs, crashed } = crashAtCut(dir, async () => {});
    put(logs, numbered(0, 1000));
    void logs.sweepOnce();
    await crashed;
    const orphan = spawn("sh", ["-c", "echo; read line", "--collapse-range", join(dir, "api.log")], { stdio: ["pipe", "pipe", "inherit"] });
    await once(orphan.stdout, "data");
    const next = begin(dir);
    const before = readFileSync(join(dir, "api.log"));
    await next.sweepOnce();
    expect(readFileSync(join(dir, "api.log")).equals(before)).toBe(true);
    orphan.stdin.end("\n");
    await once(orphan, "close");
    await next.sweepOnce();
    expect(wholeLog(dir, "api")).toBe(numbered(0, 1000));
  });

  it("between punching a hole and writing that down neither loses nor doubles a line", async () => {
    const dir = scratch();
    let crash = (): void => {};
    const crashed = new Promise<void>((resolve) => {
      crash = resolve;
    });
    const onlyPunch: SpaceTool = { ...fallocate, collapse: () => Promise.reject(new Error("unsupported")) };
    const logs = begin(dir, {
      ...onlyPunch,
      async punch(file, offset, length) {
        await fallocate.punch(file, offset, length);
        if (!file.endsWith("api.log")) return;
        crash();
        await new Promise(() => {});
      },
    });
    put(logs, numbered(0, 1000));
    void logs.sweepOnce();
    await crashed;
    const next = begin(dir, onlyPunch);
    expect(await readable(next)).toBe(numbered(0, 1000));
    put(next, numbered(1000, 2000));
    await next.sweepOnce();
    expect(wholeLog(dir, "api")).toBe(numbered(0, 2000));
    expect(next.offset("api")).toBe(200_000);
  });

  it("a cut that fails is made up for by the next sweep", async () => {
    const dir = scratch();
    let failures = 1;
    const space: SpaceTool = {
      ...fallocate,
      collapse: (file, length) =>
        file.endsWith("api.log") && failures-- > 0
          ? Promise.reject(new Error("fallocate: Input/output error"))
          : fallocate.collapse(file, length),
    };
    const logs = begin(dir, space);
    put(logs, numbered(0, 1000));
    await logs.sweepOnce();
    expect(await readable(logs)).toBe(numbered(0, 1000));
    await logs.sweepOnce();
    expect(wholeLog(dir, "api")).toBe(numbered(0, 1000));
  });

  it("reads wait while a cut is under way, and see every line once", async () => {
    const dir = scratch();
    let release = (): void => {};
    let reached = (): void => {};
    const atCut = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const space: SpaceTool = {
      ...fallocate,
      async collapse(file, length) {
        await fallocate.collapse(file, length);
        if (!file.endsWith("api.log")) return;
        reached();
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    };
    const logs = begin(dir, space);
    put(logs, numbered(0, 600));
    const sweep = logs.sweepOnce();
    await atCut;
    const text = readable(logs);
    expect(logs.offset("api")).toBe(60_000);
    release();
    expect(await text).toBe(numbered(0, 600));
    await sweep;
    expect(logs.offset("api")).toBe(60_000);
  });
});
