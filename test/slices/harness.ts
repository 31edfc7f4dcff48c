import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import type { AttemptRecord } from "../../src/adapters/slices/attempt-records.js";
import { createSliceRuns } from "../../src/adapters/slices/slice-runs.js";
import { socketPath } from "../../src/adapters/slices/tmux.js";
import type { SliceKey, SliceResult, SliceRun } from "../../src/epochs/slice.js";
import { type Log, silentLog } from "../../src/shared/log.js";
import { killProcess, processesOfHome } from "../support/processes.js";
import { until } from "../support/until.js";

const made: SliceBench[] = [];
const scratches: string[] = [];
let count = 0;

afterEach(() => {
  for (const bench of made.splice(0)) bench.end();
});
afterAll(() => {
  for (const dir of scratches) rmSync(dir, { recursive: true, force: true });
});

export function scratch(suffix = ""): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), `aura-slices${suffix}-`)));
  scratches.push(dir);
  return dir;
}

export const KEY: SliceKey = { epoch_id: "e.1", slice_id: "build", attempt: 1 };

/** The environment that slices of the tests inherit. */
export const ENV: Readonly<Record<string, string>> = {
  PATH: process.env["PATH"] ?? "/bin:/usr/bin",
  HOME: "/nonexistent",
  LANG: "C.UTF-8",
};

export interface Asked {
  readonly result: Promise<SliceResult>;
  readonly abort: AbortController;
  /** Pids it was told. */
  readonly pids: readonly number[];
}

/** The slices of a home of its own; every process is ended after the test. */
export class SliceBench {
  readonly homeId: string;
  readonly logDir: string;
  readonly stateDir: string;
  readonly messages: string[] = [];
  runs: ReturnType<typeof createSliceRuns>;

  constructor(readonly dir = scratch()) {
    count += 1;
    this.homeId = `test-${process.pid}-${count}`;
    this.logDir = join(dir, "log");
    this.stateDir = join(dir, "state");
    made.push(this);
    this.runs = this.open();
  }

  get options(): { dir: string; logDir: string; homeId: string; host: string; env: Readonly<Record<string, string>> } {
    return { dir: this.stateDir, logDir: this.logDir, homeId: this.homeId, host: "laptop", env: ENV };
  }

  private open(): ReturnType<typeof createSliceRuns> {
    const keep = (_fields: unknown, message: string): void => void this.messages.push(message);
    const log: Log = { ...silentLog, info: keep, warn: keep };
    return createSliceRuns({ ...this.options, log });
  }

  /** Lets go of everything, as a new aurad would find it. */
  reopen(): void {
    this.runs.close();
    this.runs = this.open();
  }

  sliceRun(command: SliceRun["command"], change: Partial<SliceRun> = {}): SliceRun {
    return { ...KEY, mode: "subprocess", command, working_dir: this.dir, timeout_s: 60, phase: "p9", role: "worker", ...change };
  }

  /** Asks for the attempt, without waiting for its end. */
  ask(command: SliceRun["command"], change: Partial<SliceRun> = {}): Asked {
    const abort = new AbortController();
    const pids: number[] = [];
    const result = this.runs.run(this.sliceRun(command, change), (pid) => pids.push(pid), abort.signal);
    result.catch(() => {});
    return { result, abort, pids };
  }

  run(command: SliceRun["command"], change: Partial<SliceRun> = {}): Promise<SliceResult> {
    return this.ask(command, change).result;
  }

  logFile({ epoch_id, slice_id, attempt }: SliceKey = KEY): string {
    return join(this.logDir, epoch_id, `${slice_id}.${attempt}.log`);
  }

  output(key: SliceKey = KEY): string {
    return existsSync(this.logFile(key)) ? readFileSync(this.logFile(key), "utf8") : "";
  }

  /** Resolves once the attempt's log holds the text. */
  line(text: string, key: SliceKey = KEY): Promise<string> {
    return until(
      () => this.output(key).includes(text) && this.output(key),
      10_000,
      () => `no ${JSON.stringify(text)} in ${JSON.stringify(this.output(key))}\n${this.messages.join("\n")}`,
    );
  }

  recordFile({ epoch_id, slice_id, attempt }: SliceKey = KEY): string {
    return join(this.stateDir, "attempts", `${epoch_id}+${slice_id}+${attempt}.json`);
  }

  /** Changes what is kept of an attempt, as if it had been so. */
  rewrite(change: Partial<AttemptRecord>, key: SliceKey = KEY): void {
    const record = JSON.parse(readFileSync(this.recordFile(key), "utf8")) as AttemptRecord;
    writeFileSync(this.recordFile(key), JSON.stringify({ ...record, ...change }));
  }

  /** Live processes of all attempts, shims included. */
  processes(): number[] {
    return processesOfHome(`slice-${this.homeId}`);
  }

  tmux(...args: string[]): string {
    return spawnSync("tmux", ["-S", socketPath(this.stateDir), ...args], { encoding: "utf8" }).stdout.trim();
  }

  runFiles(): string[] {
    return readdirSync(join(this.stateDir, "runs"));
  }

  end(): void {
    this.runs.close();
    for (let round = 0; round < 20; round++) {
      const left = this.processes();
      if (left.length === 0) break;
      for (const pid of left) killProcess(pid);
    }
    if (existsSync(socketPath(this.stateDir))) this.tmux("kill-server");
  }
}
