import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { initRoot } from "../../src/adapters/roots/root-file.js";
import type { Remote } from "../../src/sync/root.js";
import type { TickOutcome, TickProgress } from "../../src/sync/tick.js";
import { builtCli } from "../support/built-cli.js";
import type { Place } from "./user.js";

const TICKER = join(import.meta.dirname, "ticker.mjs");

/** When to send SIGKILL: so many ms after the tick began, or after one of its stages did. */
export interface KillAt {
  readonly ms: number;
  readonly stage?: TickProgress["stage"];
  /** Bytes a second that it may transfer until then. */
  readonly limit?: number;
}

export interface Run {
  /** Of its last tick; null when it was killed before. */
  readonly outcome: TickOutcome | null;
  readonly killed: boolean;
  /** The stage that it was in. */
  readonly stage: string | null;
  /** From the beginning of its first tick. */
  readonly ms: number;
}

/** A device whose ticks run in a process of their own, over a real server. */
export class Machine implements Place {
  readonly root: string;
  readonly stateDir: string;

  constructor(
    home: string,
    readonly name: string,
    remote: Remote,
    private readonly engines: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    this.root = join(home, name);
    this.stateDir = join(home, `${name}.state`);
    initRoot(this.root, { rootId: "processes", deviceId: name, mode: "bidirectional", remote });
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  /** A process that ticks until it is in step, or is killed. */
  async run(at: KillAt | null = null): Promise<Run> {
    const limit = at?.limit === undefined ? [] : [String(at.limit)];
    const child = spawn(process.execPath, [TICKER, this.engines, this.stateDir, this.root, ...limit], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...this.env, NODE_NO_WARNINGS: "1" },
    });
    const ended = new Promise<boolean>((resolve) => child.once("close", (_code, signal) => resolve(signal === "SIGKILL")));
    const kill = (): void => void setTimeout(() => child.kill("SIGKILL"), at?.ms).unref();
    let began = performance.now();
    let outcome: TickOutcome | null = null;
    let stage: string | null = null;
    let aimed = false;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === "ticking") began = performance.now();
      else if (line.startsWith("stage ")) stage = line.slice(6);
      else outcome = JSON.parse(line) as TickOutcome;
      if (at === null || aimed || (at.stage !== undefined && stage !== at.stage)) continue;
      aimed = true;
      kill();
    }
    const ms = performance.now() - began;
    return { ms, killed: await ended, outcome, stage };
  }
}

/** A folder for machines, and what their processes run. */
export async function processHome(): Promise<{ readonly home: string; readonly engines: string; readonly remove: () => void }> {
  const home = mkdtempSync(join(tmpdir(), "aura-engine-processes-"));
  const engines = pathToFileURL(join(dirname(dirname(await builtCli())), "adapters/sync/engines.js")).href;
  return { home, engines, remove: () => rmSync(home, { recursive: true, force: true }) };
}
