import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import { Journal } from "../../src/adapters/journal/journal.js";
import { createPortAllocator, type ReservingPortAllocator } from "../../src/adapters/ports/allocator.js";
import { createProbe } from "../../src/adapters/probe/probe.js";
import { bootId } from "../../src/adapters/process/identity.js";
import { Records } from "../../src/adapters/process/records.js";
import { Runs } from "../../src/adapters/process/runs.js";
import { createServiceLogs } from "../../src/adapters/service-logs/service-logs.js";
import { Guardian } from "../../src/monitors/guardian/guardian.js";
import type { ClockPort } from "../../src/services/ports.js";
import type { Cause, Snapshot, Transition } from "../../src/services/snapshot.js";
import type { RestartSpec, ServiceSpec } from "../../src/services/spec.js";
import { type Log, silentLog } from "../../src/shared/log.js";
import { systemClock } from "../../src/worker/clock.js";
import { makeSpec } from "../services/make.js";
import { killProcess, processesOfHome } from "../support/processes.js";
import { until } from "../support/until.js";

const hosts: Host[] = [];
const dirs: string[] = [];
let count = 0;

afterEach(async () => {
  for (const host of hosts.splice(0)) await host.end();
});
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

export const PORTS = [13_000 + (process.pid % 60) * 100, 13_099 + (process.pid % 60) * 100] as const;
export const by: Cause = { kind: "command", command: "up", by: "ann@dev" };

export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "aura-guardian-"));
  dirs.push(dir);
  return dir;
}

/** No other process of this machine has this many seconds in its command line. */
export function uniqueSeconds(): string {
  count += 1;
  return `${20_000 + (process.pid % 10_000)}.${String(process.hrtime.bigint() % 1_000_000_000n)}${count}`;
}

type Change = Partial<Omit<ServiceSpec, "restart">> & { restart?: Partial<RestartSpec> };

/** A spec whose restarts are quick. */
export function service(name: string, command: string | readonly string[], change: Change = {}): ServiceSpec {
  const { restart, ...rest } = change;
  return makeSpec({
    name,
    command: typeof command === "string" ? ["/bin/sh", "-c", command] : command,
    workingDir: "/tmp",
    stop: { signal: "SIGTERM", timeoutMs: 5000 },
    restart: { delayMs: 20, backoff: "fixed", ...restart },
    ...rest,
  });
}

export interface HostOptions {
  readonly clock?: ClockPort;
  readonly bootId?: string;
  readonly stateDir?: string;
}

/** A guardian on real parts in a directory of its own; `again` is the next aurad on the same directory. */
export class Host {
  readonly homeId: string;
  readonly transitions: Transition[] = [];
  readonly said: string[] = [];
  private seq: number;
  private closed = false;
  readonly guardian: Guardian;
  readonly journal: Journal;
  readonly ports: ReservingPortAllocator;

  constructor(
    private specs: readonly ServiceSpec[],
    readonly dir = scratch(),
    private readonly options: HostOptions = {},
  ) {
    this.homeId = dir;
    const state = options.stateDir ?? dir;
    mkdirSync(join(state, "processes", "runs"), { recursive: true });
    const note = (_fields: unknown, message: string): void => void this.said.push(message);
    const log: Log = { ...silentLog, warn: note, error: note };
    this.journal = new Journal(join(state, "journal"), log, ["services"]);
    this.ports = createPortAllocator({ file: join(state, "ports.json"), range: PORTS, log });
    const logs = createServiceLogs({ dir: join(state, "log"), log });
    this.guardian = new Guardian(
      {
        runs: (listener) => new Runs({ dir: join(state, "processes", "runs"), homeId: this.homeId, log }, listener),
        records: new Records(join(state, "processes")),
        journal: this.journal,
        ports: this.ports,
        logs,
        probe: createProbe(),
        clock: options.clock ?? systemClock,
        log,
        bootId: options.bootId ?? bootId(),
      },
      { host: "dev", env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" } },
    );
    this.guardian.subscribe((_snapshot, transition) => {
      if (transition !== null) this.transitions.push(transition);
    });
    this.setSpecs(specs);
    this.guardian.adopt();
    this.seq = Math.max(0, ...this.guardian.snapshots().map(({ orderSeq }) => orderSeq));
    hosts.push(this);
  }

  setSpecs(specs: readonly ServiceSpec[]): void {
    this.specs = specs;
    this.guardian.setSpecs(new Map(specs.map((spec) => [spec.name, spec])));
  }

  order(kind: "start" | "stop" | "restart", ...names: readonly string[]): void {
    for (const name of names) {
      this.seq += 1;
      this.guardian.order(kind, name, this.seq, { ...by, command: kind });
    }
  }

  /** The snapshot, once it has what is asked for. */
  has(name: string, wanted: Partial<Snapshot> | ((snapshot: Snapshot) => boolean), ms = 10_000): Promise<Snapshot> {
    const fits =
      typeof wanted === "function"
        ? wanted
        : (snapshot: Snapshot) => Object.entries(wanted).every(([key, value]) => snapshot[key as keyof Snapshot] === value);
    return until(
      () => {
        const found = this.snapshot(name);
        return fits(found) && found;
      },
      ms,
      () => JSON.stringify(this.snapshot(name)),
    );
  }

  snapshot(name: string): Snapshot {
    const found = this.guardian.entries.get(name);
    if (found === undefined) throw new Error(`${name} is not known`);
    return found.supervised.snapshot;
  }

  /** `backoff, starting...`: where each transition of the service led, without a name of every service. */
  states(name?: string): string[] {
    return this.transitions
      .filter((each) => name === undefined || each.service === name)
      .map(({ service: who, to }) => (name === undefined ? `${who} ${to}` : to));
  }

  log(name: string): string {
    return readFileSync(join(this.options.stateDir ?? this.dir, "log", `${name}.log`), "utf8");
  }

  processes(): number[] {
    return processesOfHome(this.homeId);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.guardian.close();
    this.journal.close();
  }

  /** A new aurad on the same directory, this one being gone without a farewell to its services. */
  async again(options: HostOptions = {}, specs = this.specs): Promise<Host> {
    this.close();
    await this.ports.saved();
    return new Host(specs, this.dir, { ...this.options, ...options });
  }

  async end(): Promise<void> {
    this.close();
    for (let round = 0; round < 50; round++) {
      const left = this.processes();
      if (left.length === 0) break;
      for (const pid of left) killProcess(pid);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.ports.saved();
  }
}
