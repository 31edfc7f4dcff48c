import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bootId, identify, isSame, signalSame } from "../../src/adapters/process/identity.js";
import { RunFiles } from "../../src/adapters/process/run-files.js";
import { shimCommand } from "../../src/adapters/process/shim.js";
import type { RunId } from "../../src/services/ports.js";
import { compileSources } from "../host/compiled.js";
import { alive, killProcess, processesWith } from "../support/processes.js";
import { pause, until } from "../support/until.js";
import { Bench, scratch, uniqueSeconds } from "./harness.js";

let compiled: ReturnType<typeof compileSources>;
beforeAll(() => {
  compiled = compileSources();
});
afterAll(() => compiled.remove());

const API: RunId = { service: "api", generation: 1 };

/** Starts a run in a process of its own, which is then killed with -9. */
async function startAndBeKilled(bench: Bench, script: string): Promise<number> {
  const program = `
    import { openSync } from "node:fs";
    const { Runs } = await import(${JSON.stringify(pathToFileURL(join(compiled.dir, "adapters/process/runs.js")).href)});
    const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
    const runs = new Runs(${JSON.stringify({ dir: bench.runsDir, homeId: bench.homeId })}, { running: (run, pid) => console.log(pid), exited() {} });
    runs.options.log = log;
    runs.start({ service: "api", generation: 1, again: false, command: ["/bin/sh", "-c", ${JSON.stringify(script)}], workingDir: ${JSON.stringify(bench.dir)},
      env: { PATH: process.env.PATH }, output: openSync(${JSON.stringify(bench.logFile)}, "a") });
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [data] = (await once(parent.stdout, "data")) as [Buffer];
  parent.kill("SIGKILL");
  await once(parent, "exit");
  return Number(data.toString());
}

describe("a run whose aurad was killed with -9", () => {
  it("is found again, alive and untouched, and its end is known with its status", async () => {
    const bench = new Bench();
    const pid = await startAndBeKilled(bench, "trap 'exit 7' USR1; echo up; while :; do sleep 0.05; done");
    await bench.line("up");
    expect(bench.runs.live()).toEqual([API]);
    expect(bench.runs.adopt(API, true)).toEqual({ found: "alive", pid });
    process.kill(pid, "SIGUSR1");
    expect(await bench.ended(API)).toEqual({ exit: { status: 7, known: true }, note: undefined });
    expect(bench.row(API).endings).toBe(1);
  });

  it("can be stopped with its whole tree", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const pid = await startAndBeKilled(bench, `setsid sleep ${seconds} & trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done`);
    await until(() => processesWith(["sleep", seconds]).length === 1);
    expect(bench.runs.adopt(API, true)).toEqual({ found: "alive", pid });
    expect(bench.runs.terminate("api", "SIGTERM", 5000)).toBe(true);
    expect(await bench.ended(API)).toMatchObject({ exit: { status: 0, known: true }, note: "1 process it left behind ended too" });
    expect(bench.processes()).toEqual([]);
  });

  it("that ended meanwhile is told with its status, after what it left behind has gone", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const pid = await startAndBeKilled(bench, `sleep ${seconds} & sleep ${seconds} & echo up; sleep 0.3; exit 9`);
    await until(() => !alive(pid));
    expect(bench.runs.adopt(API, true)).toEqual({ found: "ended" });
    expect(bench.runs.terminate("api", "SIGTERM", 5000)).toBe(true); // and `exited` follows, once
    expect(await bench.ended(API)).toEqual({
      exit: { status: 9, known: true },
      note: "while aurad was away; 2 processes it left behind ended too",
    });
    expect(processesWith(["sleep", seconds])).toEqual([]);
    expect(bench.row(API).endings).toBe(1);
  });

  it("whose shim was killed too is found, with its end seen and its status unknown", async () => {
    const bench = new Bench();
    const pid = await startAndBeKilled(bench, "echo up; exec sleep 600");
    await bench.line("up");
    killProcess(bench.processes().find((each) => each !== pid)!);
    expect(bench.runs.adopt(API, true)).toEqual({ found: "alive", pid });
    killProcess(pid);
    expect((await bench.ended(API)).exit).toEqual({ status: null, known: false });
  });

  it("is found by its mark when its files are gone", async () => {
    const bench = new Bench();
    const pid = await startAndBeKilled(bench, "echo up; exec sleep 600");
    await bench.line("up");
    new RunFiles(bench.runsDir).remove("api", 1);
    bench.reopen();
    expect(bench.runs.adopt(API, true)).toEqual({ found: "alive", pid });
  });

  it("is found when the disk was too full to say who claimed it", async () => {
    const bench = new Bench();
    const pid = await startAndBeKilled(bench, "echo up; exec sleep 600");
    await bench.line("up");
    writeFileSync(new RunFiles(bench.runsDir).claimPath("api", 1), "");
    expect(bench.runs.adopt(API, false)).toEqual({ found: "alive", pid });
  });

  it("is ended without a word when nothing knows it any more", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    await startAndBeKilled(bench, `setsid sleep ${seconds} & echo up; trap '' TERM; sleep ${seconds}; sleep ${seconds}`);
    await bench.line("up");
    await bench.runs.end(API);
    expect(bench.processes()).toEqual([]);
    expect(bench.row(API).endings).toBe(0);
    expect(bench.runs.live()).toEqual([]);
  });
});

describe("the claim of a run", () => {
  const shims: ChildProcess[] = [];
  afterEach(() => {
    for (const shim of shims.splice(0)) shim.kill("SIGKILL");
  });

  /** A shim held back at its very beginning, and the way to let it go. */
  function lateShim(bench: Bench, marker: string): { go: () => Promise<number | null> } {
    const files = new RunFiles(bench.runsDir);
    const gate = join(bench.dir, "gate");
    spawnSync("mkfifo", [gate]);
    const [program, args] = shimCommand({
      claim: files.claimPath("api", 1),
      status: files.exitPath("api", 1),
      umask: "022",
      workingDir: bench.dir,
      command: ["/bin/sh", "-c", `echo ran >${marker}`],
    });
    const shim = spawn("/bin/sh", ["-c", `read -r line <"$0"; exec "$@"`, gate, program, ...args], { stdio: "ignore", detached: true });
    shims.push(shim);
    return {
      async go() {
        writeFileSync(gate, "go\n");
        const [code] = (await once(shim, "exit")) as [number | null];
        return code;
      },
    };
  }

  it("that was declared void keeps a late shim from running its program, for good", async () => {
    const bench = new Bench();
    const shim = lateShim(bench, "marker");
    expect(bench.runs.adopt(API, false)).toEqual({ found: "void" });
    expect(await shim.go()).toBe(125);
    expect(() => readFileSync(join(bench.dir, "marker"))).toThrow("ENOENT");
    expect(bench.runs.adopt(API, false)).toEqual({ found: "void" });
  });

  it("that the shim made first cannot be declared void", async () => {
    const bench = new Bench();
    const shim = lateShim(bench, "marker");
    expect(await shim.go()).toBe(0);
    expect(new RunFiles(bench.runsDir).declareVoid("api", 1)).toBe(false);
    expect(bench.runs.adopt(API, false)).toEqual({ found: "ended" });
    expect((await bench.ended(API)).exit).toEqual({ status: 0, known: true });
    expect(readFileSync(join(bench.dir, "marker"), "utf8")).toBe("ran\n");
  });

  it("is won by exactly one of the two, however close they are", async () => {
    for (let i = 0; i < 40; i++) {
      const bench = new Bench();
      const shim = lateShim(bench, "marker");
      const gone = shim.go();
      const spin = performance.now() + (i % 10) / 4;
      while (performance.now() < spin);
      const { found } = bench.runs.adopt(API, false);
      const code = await gone;
      expect({ found, ran: code !== 125 }).toEqual({
        found: found === "void" ? "void" : expect.stringMatching(/alive|ended/),
        ran: found !== "void",
      });
      expect(code === 125).toBe(!fileExists(join(bench.dir, "marker")));
      bench.end();
    }
  });
});

describe("somebody else's process", () => {
  const victims: ChildProcess[] = [];
  afterEach(() => {
    for (const victim of victims.splice(0)) victim.kill("SIGKILL");
  });

  async function victim(): Promise<number> {
    const process = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    victims.push(process);
    await once(process, "spawn");
    return process.pid!;
  }

  function claim(bench: Bench, line: string): void {
    writeFileSync(new RunFiles(bench.runsDir).claimPath("api", 1), line);
  }

  const statOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, "utf8");

  it("that has the recorded pid but another start time is never signalled", async () => {
    const bench = new Bench();
    const pid = await victim();
    claim(
      bench,
      statOf(pid)
        .replace(/ (\d+) (\d+) (\d+) (\d+) (\d+ ){5}/, " $1 $2 $3 $4 $5")
        .replace(identify(pid)!.startTime, "12345"),
    );
    expect(bench.runs.adopt(API, true)).toEqual({ found: "ended" });
    bench.runs.terminate("api", "SIGKILL", 0);
    expect((await bench.ended(API)).exit).toEqual({ status: null, known: false });
    await pause(100);
    expect(alive(pid)).toBe(true);
  });

  it("that took over the pid after the run was adopted is never signalled", async () => {
    const bench = new Bench();
    const pid = await victim();
    claim(bench, statOf(pid)); // stands for a service that is alive when it is adopted...
    expect(bench.runs.adopt(API, true)).toEqual({ found: "alive", pid });
    victims.pop()!.kill("SIGKILL"); // ...and then gone
    await until(() => !alive(pid));
    bench.runs.terminate("api", "SIGTERM", 0);
    expect((await bench.ended(API)).exit.known).toBeDefined();
    expect(bench.row(API).endings).toBe(1);
  });

  it("is not signalled when the boot or the start time differs from the record", async () => {
    const pid = await victim();
    const identity = identify(pid)!;
    for (const other of [
      { ...identity, bootId: "00000000-0000-0000-0000-000000000000" },
      { ...identity, startTime: String(Number(identity.startTime) - 1) },
    ]) {
      expect(isSame(other)).toBe(false);
      expect(signalSame(other, "SIGKILL")).toBe(false);
      expect(signalSame(other, "SIGKILL", "group")).toBe(false);
    }
    expect(alive(pid)).toBe(true);
    expect(identity.bootId).toBe(bootId());
    expect(signalSame(identity, "SIGKILL")).toBe(true);
    await until(() => !alive(pid));
    expect(identify(pid)).toBeNull();
  });

  it("is not found for one of ours, nor ours for another home's", async () => {
    const bench = new Bench();
    const other = new Bench(scratch(), `${bench.homeId}0`);
    await other.pid(other.begin(["sleep", "600"]));
    openSync(bench.logFile, "a");
    expect(bench.runs.live()).toEqual([]);
    expect(bench.runs.adopt(API, true)).toEqual({ found: "void" });
    expect(other.processes()).toHaveLength(2);
  });
});

function fileExists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
