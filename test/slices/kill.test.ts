import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootId } from "../../src/adapters/process/identity.js";
import { RunFiles } from "../../src/adapters/process/run-files.js";
import type { SliceRun } from "../../src/epochs/slice.js";
import { compileSources } from "../host/compiled.js";
import { uniqueSeconds } from "../process/harness.js";
import { missing } from "../support/components.js";
import { alive, processesWith } from "../support/processes.js";
import { Random } from "../support/random.js";
import { pause, slowness, until } from "../support/until.js";
import { KEY, SliceBench } from "./harness.js";

let compiled: ReturnType<typeof compileSources>;
beforeAll(() => {
  compiled = compileSources();
});
afterAll(() => compiled.remove());

/** The steps between which an aurad can be killed, by the call that begins the next one. */
type Step = "spawn" | "claim" | "running" | "stop" | "result" | "cleared" | "told";

/**
 * Asks for the attempt in a process of its own, which is killed with -9 when it comes to the step. `act` is code that runs
 * there once the program does.
 */
async function askAndBeKilled(bench: SliceBench, command: string, step: Step, act = "", timeout_s = 60): Promise<void> {
  const url = (file: string): string => JSON.stringify(pathToFileURL(join(compiled.dir, file)).href);
  const program = `
    import { readdirSync } from "node:fs";
    const { Runs } = await import(${url("adapters/process/runs.js")});
    const { AttemptRecords } = await import(${url("adapters/slices/attempt-records.js")});
    const { createSliceRuns } = await import(${url("adapters/slices/slice-runs.js")});
    const die = () => { process.kill(process.pid, "SIGKILL"); while (true); };
    const before = (type, method, fits = () => true) => {
      const original = type.prototype[method];
      type.prototype[method] = function (...args) { if (fits(...args)) die(); return original.apply(this, args); };
    };
    const step = ${JSON.stringify(step)};
    if (step === "spawn") before(Runs, "start");
    if (step === "claim") {
      const { start } = Runs.prototype;
      Runs.prototype.start = function (request) { start.call(this, request); die(); };
    }
    if (step === "stop") before(Runs, "terminate");
    if (step === "result") before(AttemptRecords, "save", (_name, record) => record.result !== null);
    if (step === "cleared") before(Runs, "end");
    const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    const runs = createSliceRuns({ ...${JSON.stringify(bench.options)}, log });
    const run = ${JSON.stringify(bench.sliceRun(command, { timeout_s }))};
    const asked = runs.run(run, () => { if (step === "running") die(); ${act} }, new AbortController().signal);
    await asked;
    die();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "inherit", "inherit"] });
  const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe("SIGKILL");
}

/** The same, killed from outside some ms after it began to ask. */
async function askAndBeKilledAfter(bench: SliceBench, run: SliceRun, ms: number): Promise<void> {
  const program = `
    const { createSliceRuns } = await import(${JSON.stringify(pathToFileURL(join(compiled.dir, "adapters/slices/slice-runs.js")).href)});
    const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    const runs = createSliceRuns({ ...${JSON.stringify(bench.options)}, log });
    console.log("asking");
    setImmediate(() => runs.run(${JSON.stringify(run)}, () => {}, new AbortController().signal));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await pause(ms);
  child.kill("SIGKILL");
  await once(child, "exit");
}

const ONCE = "echo ran >>effects; sleep 0.3; echo done >>effects; exit 6";

function effects(bench: SliceBench): string {
  const file = join(bench.dir, "effects");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

describe("an attempt whose aurad is killed with -9", () => {
  it.each(["spawn", "claim", "running", "result", "cleared", "told"] as const)(
    "before the step `%s` runs once, and its end is told with its status",
    async (step) => {
      const bench = new SliceBench();
      await askAndBeKilled(bench, ONCE, step);
      bench.reopen();
      expect(bench.runs.unfinished()).toEqual([KEY]);
      const result = await bench.run(ONCE);
      expect(result).toMatchObject({ outcome: "failed", exit_status: 6 });
      expect(effects(bench)).toBe("ran\ndone\n");
      expect(await bench.run(ONCE)).toEqual(result);
      bench.runs.collected(KEY);
      bench.reopen();
      expect(bench.runs.unfinished()).toEqual([]);
      expect(bench.runFiles()).toEqual([]);
      expect(effects(bench)).toBe("ran\ndone\n");
    },
  );

  it("is told its end even when that came while no aurad ran", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "running");
    await until(() => effects(bench).includes("done") && bench.runFiles().some((file) => file.endsWith(".exit")));
    bench.reopen();
    const result = await bench.run(ONCE);
    expect(result).toMatchObject({ outcome: "failed", exit_status: 6, reason: "exit status 6; while aurad was away" });
    expect(result.ms).toBeGreaterThanOrEqual(250);
    expect(result.ms).toBeLessThan(300 + 2000 * slowness());
  });

  it("is adopted with its pid, and stopped with its whole tree", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const command = `setsid sleep ${seconds} & echo up; sleep ${seconds}`;
    await askAndBeKilled(bench, command, "running");
    await until(() => processesWith(["sleep", seconds]).length === 2);
    bench.reopen();
    const asked = bench.ask(command);
    await until(() => asked.pids.length > 0);
    expect(asked.pids.map(alive)).toEqual([true]);
    await bench.runs.stop(KEY, "the epoch was cancelled");
    expect(await asked.result).toMatchObject({ outcome: "cancelled", exit_status: 143 });
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("keeps its time-out, though nobody asks for it", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    await askAndBeKilled(bench, `sleep ${seconds}`, "running", "", 1);
    bench.reopen();
    await until(() => processesWith(["sleep", seconds]).length === 0);
    expect(await bench.run(`sleep ${seconds}`)).toMatchObject({ outcome: "timed_out", reason: "timed out after 1s; ended at SIGTERM" });
  });

  it("while it was being stopped is stopped by the next one, and told as cancelled", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    await askAndBeKilled(bench, `sleep ${seconds}`, "stop", `void runs.stop(run, "the epoch was cancelled");`);
    await until(() => processesWith(["sleep", seconds]).length === 1);
    bench.reopen();
    const result = await bench.run(`sleep ${seconds}`);
    expect(result).toMatchObject({ outcome: "cancelled", reason: "the epoch was cancelled; ended at SIGTERM" });
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("before it started, and is stopped then, never starts", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "spawn");
    bench.reopen();
    await bench.runs.stop(KEY, "superseded");
    expect(await bench.run(ONCE)).toMatchObject({ outcome: "cancelled", reason: "superseded; it had not started and never will" });
    expect(effects(bench)).toBe("");
  });

  it("time after time runs once", async () => {
    const bench = new SliceBench();
    for (const step of ["spawn", "spawn", "claim", "running"] as const) await askAndBeKilled(bench, ONCE, step);
    bench.reopen();
    expect(await bench.run(ONCE)).toMatchObject({ outcome: "failed", exit_status: 6 });
    expect(effects(bench)).toBe("ran\ndone\n");
  });
});

describe("kills at any moment of the start", () => {
  const modes = missing("tmux") ? (["subprocess"] as const) : (["subprocess", "tmux"] as const);

  it.each(modes)("leave no attempt that ran twice or not at all (%s)", async (mode) => {
    const bench = new SliceBench();
    const random = new Random(`slices in ${mode}`);
    for (let attempt = 1; attempt <= 12; attempt++) {
      const run = bench.sliceRun("echo ran >>effects.$AURA_ATTEMPT; sleep 0.05; exit 6", { attempt, mode });
      await askAndBeKilledAfter(bench, run, random.below(40));
      bench.reopen();
      expect(await bench.runs.run(run, () => {}, new AbortController().signal)).toMatchObject({ outcome: "failed", exit_status: 6 });
      expect(readFileSync(join(bench.dir, `effects.${attempt}`), "utf8")).toBe("ran\n");
    }
    expect(bench.processes()).toEqual([]);
  });
});

describe("a shim that comes late", () => {
  it("starts nothing: its claim was made void before the attempt was started anew", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "spawn");
    bench.reopen();
    const name = "e.1+build+1";
    const files = new RunFiles(join(bench.stateDir, "runs"));
    expect(files.claim(name, 1)).toBe("void");
    const asked = bench.ask(ONCE);
    await bench.runs.stop(KEY, "enough");
    await asked.result;
    expect(files.claim(name, 1)).toBe("void");
  });

  it("is not taken for the program, though it carries the mark of the run", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "spawn");
    const mark = `slice-${bench.homeId}:e.1+build+1:1`;
    const shim = spawn("/bin/sh", ["-c", "read -r line"], {
      env: { AURA_INSTANCE: mark },
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    await until(() => bench.processes().length > 0);
    bench.reopen();
    expect(await bench.run(ONCE)).toMatchObject({ outcome: "failed", exit_status: 6 });
    expect(effects(bench)).toBe("ran\ndone\n");
    shim.stdin.end();
    await once(shim, "exit");
  });
});

describe("after a reboot", () => {
  it("an attempt that was alive has failed, with that reason, and is not started again", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "spawn");
    bench.rewrite({ boot_id: "another" });
    bench.reopen();
    const lost = { outcome: "failed", exit_status: null, reason: "the host was rebooted while it ran; nothing of it is left" };
    expect(await bench.run(ONCE)).toMatchObject(lost);
    expect(effects(bench)).toBe("");
  });

  it("one that had ended before tells how", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "running");
    await until(() => bench.runFiles().some((file) => file.endsWith(".exit")));
    bench.rewrite({ boot_id: "another" });
    bench.reopen();
    expect(await bench.run(ONCE)).toMatchObject({
      outcome: "failed",
      exit_status: 6,
      reason: "exit status 6; the host was rebooted since",
    });
  });

  it("one that was being stopped is told as stopped", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "running");
    bench.rewrite({ boot_id: "another", stopping: { outcome: "timed_out", reason: "timed out after 1s" } });
    rmSync(join(bench.stateDir, "runs"), { recursive: true });
    bench.reopen();
    expect(await bench.run(ONCE)).toMatchObject({ outcome: "timed_out", exit_status: null });
  });
});

describe("what no record explains", () => {
  it("is ended: nothing runs that nobody would stop", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    await askAndBeKilled(bench, `sleep ${seconds}`, "running");
    rmSync(bench.recordFile());
    bench.reopen();
    await until(() => processesWith(["sleep", seconds]).length === 0);
    expect(bench.runs.unfinished()).toEqual([]);
  });

  it("an unreadable record is a failure, and its attempt is not started again", async () => {
    const bench = new SliceBench();
    await askAndBeKilled(bench, ONCE, "spawn");
    writeFileSync(bench.recordFile(), "torn");
    bench.reopen();
    expect(bench.runs.unfinished()).toEqual([KEY]);
    expect(await bench.run(ONCE)).toMatchObject({ outcome: "failed", reason: "its record cannot be read; whether it ran is not known" });
    expect(effects(bench)).toBe("");
  });
});

it("the boot of this host has a name, so that a reboot is seen", () => {
  expect(bootId()).toMatch(/\S{8}/);
});
