import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { Runs } from "../../src/adapters/process/runs.js";
import type { RunId, RunRequest } from "../../src/services/ports.js";
import type { Exit } from "../../src/services/snapshot.js";
import { type Log, silentLog } from "../../src/shared/log.js";
import { killProcess, processesOfHome } from "../support/processes.js";
import { until } from "../support/until.js";

let homes = 0;
const made: Bench[] = [];
const scratches: string[] = [];

afterEach(() => {
  for (const bench of made.splice(0)) bench.end();
});
afterAll(() => {
  for (const dir of scratches) rmSync(dir, { recursive: true, force: true });
});

export interface Ended {
  readonly exit: Exit;
  readonly note: string | undefined;
}

export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "aura-process-"));
  scratches.push(dir);
  return dir;
}

/** A number that stands in no other command line of this machine: `sleep 10000.123`. */
export function uniqueSeconds(): string {
  homes += 1;
  return `${10_000 + process.pid}.${process.hrtime.bigint() % 1_000_000_000n}${homes}`;
}

/** Real runs in a directory of their own; every process is ended after the test. */
export class Bench {
  readonly homeId: string;
  readonly runsDir: string;
  readonly warnings: string[] = [];
  private readonly seen = new Map<string, { pid?: number; ended?: Ended; running: number; endings: number }>();
  runs: Runs;

  constructor(
    readonly dir = scratch(),
    homeId?: string,
  ) {
    homes += 1;
    this.homeId = homeId ?? `test-${process.pid}-${homes}`;
    this.runsDir = join(dir, "runs");
    mkdirSync(this.runsDir, { recursive: true });
    made.push(this);
    this.runs = this.open();
  }

  /** Lets go of everything, as a new aurad would find it. */
  reopen(): void {
    this.runs.close();
    this.seen.clear();
    this.runs = this.open();
  }

  private open(): Runs {
    const log: Log = { ...silentLog, warn: (_fields, message) => this.warnings.push(message) };
    return new Runs(
      { dir: this.runsDir, homeId: this.homeId, log },
      {
        running: (run, pid) => {
          const row = this.row(run);
          row.pid = pid;
          row.running += 1;
        },
        exited: (run, exit, note) => {
          const row = this.row(run);
          row.ended = { exit, note };
          row.endings += 1;
        },
      },
    );
  }

  row(run: RunId): { pid?: number; ended?: Ended; running: number; endings: number } {
    const key = `${run.service}@${run.generation}`;
    const row = this.seen.get(key) ?? { running: 0, endings: 0 };
    this.seen.set(key, row);
    return row;
  }

  begin(command: readonly string[], change: Partial<RunRequest> = {}): RunId {
    const run = { service: change.service ?? "api", generation: change.generation ?? 1 };
    this.runs.start({
      again: false,
      workingDir: this.dir,
      env: { PATH: process.env["PATH"] ?? "/bin:/usr/bin" },
      output: openSync(this.logFile, "a"),
      command,
      ...change,
      ...run,
    });
    return run;
  }

  /** Starts a script of the shell, which stays the leader. */
  script(text: string, change: Partial<RunRequest> = {}): RunId {
    return this.begin(["/bin/sh", "-c", text], change);
  }

  get logFile(): string {
    return join(this.dir, "output.log");
  }

  output(): string {
    return readFileSync(this.logFile, "utf8");
  }

  line(text: string): Promise<string> {
    return until(
      () => this.output().includes(text) && this.output(),
      10_000,
      () => `no ${JSON.stringify(text)} in ${JSON.stringify(this.output())}`,
    );
  }

  pid(run: RunId): Promise<number> {
    return until(
      () => this.row(run).pid,
      10_000,
      () => `${run.service} did not come up; ${JSON.stringify(this.row(run))}`,
    );
  }

  ended(run: RunId, ms = 10_000): Promise<Ended> {
    return until(
      () => this.row(run).ended,
      ms,
      () => `${run.service} did not end; ${JSON.stringify(this.row(run))}`,
    );
  }

  /** Live processes of all runs, shims included. */
  processes(): number[] {
    return processesOfHome(this.homeId);
  }

  files(): string[] {
    return readdirSync(this.runsDir).toSorted();
  }

  end(): void {
    this.runs.close();
    for (let round = 0; round < 20; round++) {
      const left = this.processes();
      if (left.length === 0) break;
      for (const pid of left) killProcess(pid);
    }
  }
}
