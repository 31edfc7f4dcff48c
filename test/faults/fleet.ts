import { randomUUID } from "node:crypto";
import type { AuraHome, Spec } from "../support/aura-home.js";
import { allProcesses, alive, parentOf } from "../support/processes.js";

/** Writes `run PID-UPTIME N`, N from 1 without end. A pid alone comes back within one long test. */
const WRITER = 'read -r up _ </proc/uptime; n=0; while :; do n=$((n+1)); echo "run $$-$up $n"; sleep 0.02; done';

/** About a dozen services of every kind that matters to a fault, each told apart by a mark among its arguments. */
export class Fleet {
  readonly names: readonly string[];
  private readonly mark = randomUUID().slice(0, 8);
  private readonly specs: Readonly<Record<string, Spec>>;
  private version = 0;

  constructor(private readonly place: AuraHome) {
    const quick = { restart: { delay: "50ms", max_delay: "400ms" } };
    const after = (name: string) => ({ dependencies: { after: [name], requires: [name] } });
    this.specs = {
      s0: quick,
      s1: quick,
      s2: quick,
      s3: quick,
      s4: { ...quick, network: { port: 0 } },
      loop: { service: { command: this.shell("loop", "sleep 0.1; exit 1") }, restart: { delay: "200ms", backoff: "fixed" } },
      checked: { ...quick, health: { type: "exec", command: ["true"], interval: "300ms" } },
      first: quick,
      second: { ...quick, ...after("first") },
      third: { ...quick, ...after("second") },
      writer: { ...quick, service: { command: this.shell("writer", WRITER) }, log: { max_size: "16KB", keep: 1000 } },
      stubborn: {
        ...quick,
        service: { command: this.shell("stubborn", "trap '' TERM; while :; do sleep 0.2; done") },
        stop: { timeout: "300ms" },
      },
    };
    this.names = Object.keys(this.specs);
    for (const name of this.names) this.write(name);
  }

  /** Services that run until somebody ends them. */
  get lasting(): readonly string[] {
    return this.names.filter((name) => name !== "loop");
  }

  /** Another meaning each time: a reload restarts it. */
  change(name: string): void {
    this.version += 1;
    this.write(name);
  }

  /** Live processes of a service's own program: not its shim, nor what a script has forked and not yet made another program. */
  processes(): Map<string, number[]> {
    const found = new Map<string, number[]>(this.names.map((name) => [name, []]));
    for (const { pid, args } of allProcesses()) {
      if (args.includes("aura-shim")) continue;
      const name = /^(.+)-([0-9a-f]{8})$/.exec(args.at(-1) ?? "");
      if (name?.[2] === this.mark && alive(pid)) found.get(name[1]!)?.push(pid);
    }
    for (const [name, pids] of found)
      found.set(
        name,
        pids.filter((pid) => !pids.includes(parentOf(pid))),
      );
    return found;
  }

  /**
   * Services with more than one process at one moment. A look at the process table is not one moment: of those found
   * all must live on after the last was seen.
   */
  twice(): string[] {
    const again = [...this.processes()].filter(([, pids]) => pids.length > 1);
    if (again.length === 0) return [];
    const now = this.processes();
    return again
      .map(([name, pids]) => ({ name, both: pids.filter((pid) => now.get(name)!.includes(pid)) }))
      .filter(({ both }) => both.length > 1)
      .map(({ name, both }) => `${name}: ${both.join(" ")}`);
  }

  private write(name: string): void {
    const spec = this.specs[name]!;
    const service = { command: this.shell(name, "while :; do sleep 100000; done"), ...(spec["service"] as Spec | undefined) };
    this.place.spec(name, { ...spec, service, env: { VERSION: String(this.version) } });
  }

  private shell(name: string, script: string): string[] {
    return ["sh", "-c", script, `${name}-${this.mark}`];
  }
}
