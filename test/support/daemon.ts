import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { AURAD } from "./build.js";
import { until } from "./until.js";

export interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

export interface DaemonExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A command that becomes aurad: it is given node and its arguments. */
  readonly through?: readonly string[];
}

/** One `aurad run` as a real process. */
export class Daemon {
  /** Every record it wrote to stdout, parsed. */
  readonly log: LogLine[] = [];
  readonly exited: Promise<DaemonExit>;
  stderr = "";
  /** Everything it wrote to stdout, as it was. */
  stdout = "";
  private exit: DaemonExit | undefined;
  private readonly child: ChildProcess;

  constructor({ args, env, through = [] }: LaunchOptions) {
    const [program, ...rest] = [...through, process.execPath, AURAD, "run", "--log-format", "json", ...args];
    this.child = spawn(program!, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
    createInterface({ input: this.child.stdout! }).on("line", (line) => {
      this.stdout += `${line}\n`;
      if (line.startsWith("{")) this.log.push(JSON.parse(line) as LogLine);
    });
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => {
      // `exit`, not `close`: a service that inherited nothing keeps nothing open, but the test must not depend on it.
      this.child.once("exit", (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  /** Resolves at the ready line; rejects with all it said when it ends before. */
  async ready(ms = 60_000): Promise<this> {
    await until(
      () => this.ended() ?? this.says("Worker running"),
      ms,
      () => `aurad is not ready:\n${this.stdout.slice(-3000)}${this.stderr}`,
    );
    const exit = this.ended();
    if (exit !== undefined) throw new Error(`aurad ended with ${exit.code ?? exit.signal}:\n${this.stdout.slice(-3000)}${this.stderr}`);
    return this;
  }

  /** The first record whose message contains the text, from record number `from` on. */
  says(text: string, from = 0): LogLine | undefined {
    return this.log.slice(from).find(({ msg }) => msg?.includes(text));
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  /** SIGTERM; resolves to the exit status. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.signal(signal);
    return (await this.exited).code;
  }

  private ended(): DaemonExit | undefined {
    return this.exit;
  }
}
