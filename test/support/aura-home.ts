import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, inject } from "vitest";
import { currentPlaces } from "../../src/adapters/home/home.js";
import { runningServer } from "../../src/adapters/temporal/server-record.js";
import { decodeLines } from "../../src/adapters/journal/lines.js";
import { createApiClient } from "../../src/api/client.js";
import type { Places } from "../../src/host/places.js";
import type { ServiceStatus } from "../../src/services/control.js";
import type { State, Transition } from "../../src/services/snapshot.js";
import { AURA_MSG } from "./build.js";
import { runCli } from "./built-cli.js";
import { Daemon } from "./daemon.js";
import { killProcess, processesOfHome } from "./processes.js";
import { until } from "./until.js";

export interface HomeOptions {
  /** Default: one that no other test uses. */
  readonly host?: string;
  /** A server of the test's own; default: the one that all tests share. */
  readonly address?: string;
  /** An embedded server on these ports. */
  readonly embedded?: { readonly port: number; readonly uiPort: number };
  /** Default: a new folder of the temporary directory. */
  readonly dir?: string;
}

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout parsed, where --json was given. */
  readonly json: Record<string, unknown>;
}

/** A service spec as an object; written as JSON, which is YAML. */
export type Spec = Readonly<Record<string, unknown>>;

let count = 0;

/** An AURA_HOME with its aurad and aura-msg, all real processes, on the real Temporal server. */
export class AuraHome {
  readonly dir: string;
  readonly host: string;
  readonly places: Places;
  readonly env: Record<string, string>;
  readonly daemons: Daemon[] = [];
  private id = "";

  constructor(private readonly options: HomeOptions = {}) {
    this.dir = options.dir ?? mkdtempSync(join(tmpdir(), "aura-e2e-"));
    count += 1;
    this.host = options.host ?? `test-${process.pid}-${count}-${Math.random().toString(36).slice(2, 8)}`;
    this.env = { PATH: process.env["PATH"] ?? "", HOME: this.dir, AURA_HOME: this.dir, AURA_TEMPORAL_CLI: inject("temporal")?.cli ?? "" };
    this.places = currentPlaces(this.env);
    mkdirSync(this.places.servicesDir, { recursive: true });
    if (options.embedded !== undefined) this.config(`[temporal]\nui_port = ${options.embedded.uiPort}\n`);
  }

  get address(): string {
    const { embedded, address } = this.options;
    return embedded === undefined ? (address ?? inject("temporal")!.address) : `127.0.0.1:${embedded.port}`;
  }

  get daemon(): Daemon {
    return this.daemons.at(-1)!;
  }

  config(text: string): void {
    writeFileSync(this.places.auraToml, text);
  }

  /** Writes a spec file; a name alone in `command` etc. is filled in by the caller. */
  spec(name: string, { service, ...rest }: Spec = {}): void {
    const body = { service: { name, type: "native", command: ["sleep", "100000"], ...(service as Spec | undefined) }, ...rest };
    this.specText(name, JSON.stringify(body, null, 2));
  }

  specText(name: string, text: string): void {
    writeFileSync(join(this.places.servicesDir, `${name}.yaml`), text);
  }

  removeSpec(name: string): void {
    rmSync(join(this.places.servicesDir, `${name}.yaml`), { force: true });
  }

  /** Starts aurad without waiting for it. */
  launch(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}, through: readonly string[] = []): Daemon {
    const server = [this.options.embedded === undefined ? "--no-embedded" : "--embedded", "--server-address", this.address];
    const daemon = new Daemon({ args: ["--host", this.host, ...server, ...args], env: { ...this.env, ...env }, through });
    this.daemons.push(daemon);
    return daemon;
  }

  /** Starts aurad and waits until it is ready. */
  async start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Daemon> {
    const daemon = await this.launch(args, env).ready();
    void this.homeId;
    return daemon;
  }

  /** aura-msg as a process, with --json unless the command knows none. */
  async aura(...args: string[]): Promise<Answer> {
    const { status, stdout, stderr } = await runCli(AURA_MSG, [...args, "--json"], this.env);
    return { status, stdout, stderr, json: stdout.startsWith("{") ? (JSON.parse(stdout) as Record<string, unknown>) : {} };
  }

  /** aura-msg as a person uses it. */
  async say(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    return runCli(AURA_MSG, args, this.env);
  }

  /** Gives a command and insists that it succeeds. */
  async must(...args: string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr, json } = await this.aura(...args);
    if (status !== 0)
      throw new Error(`aura-msg ${args.join(" ")} ended with ${status}: ${stderr}${stdout}\n${this.daemon.stdout.slice(-2000)}`);
    return json;
  }

  /** The table of the daemon, by name; empty while it does not answer. */
  async status(): Promise<Map<string, ServiceStatus>> {
    const client = createApiClient({ socketPath: this.places.sock });
    try {
      return new Map((await client.status()).services.map((row) => [row.name, row]));
    } catch {
      return new Map();
    } finally {
      client.close();
    }
  }

  async row(name: string): Promise<ServiceStatus> {
    const row = (await this.status()).get(name);
    if (row === undefined) throw new Error(`no service ${name} in the status`);
    return row;
  }

  /** Resolves to the service's row once it is in the state (or fits). */
  waitFor(name: string, wanted: State | ((row: ServiceStatus) => boolean), ms = 15_000): Promise<ServiceStatus> {
    const fits = typeof wanted === "string" ? (row: ServiceStatus) => row.state === wanted : wanted;
    const look = async (): Promise<ServiceStatus | undefined> => {
      const row = (await this.status()).get(name);
      return row !== undefined && fits(row) ? row : undefined;
    };
    return until(look, ms, async () => `${name} is not as wanted (${String(wanted)}):\n${await this.describe()}`);
  }

  async describe(): Promise<string> {
    const rows = [...(await this.status()).values()].map(
      (row) => `${row.name} ${row.state} ${row.health} pid ${row.pid} generation ${row.generation}: ${row.reason}`,
    );
    return [...rows, this.daemons.at(-1)?.stdout.slice(-3000) ?? "", this.daemons.at(-1)?.stderr ?? ""].join("\n");
  }

  /** Every transition that the journal on the disk holds, oldest first. */
  journal(): Transition[] {
    const files = readdirSync(this.places.journalDir)
      .filter((file) => file.endsWith(".wal"))
      .sort();
    return files.flatMap((file) =>
      decodeLines(readFileSync(join(this.places.journalDir, file))).lines.map(({ record }) => record.transition),
    );
  }

  /** Kept from when it was first read: a test may take the file away. */
  get homeId(): string {
    try {
      this.id = (JSON.parse(readFileSync(this.places.homeJson, "utf8")) as { id: string }).id;
    } catch {
      // Not started yet, or gone.
    }
    return this.id;
  }

  /** Everything a service wrote and that is kept, oldest first, once no rotation is under way. */
  async logLines(name: string): Promise<string[]> {
    const live = join(this.places.serviceLogDir, `${name}.log`);
    const header = (): string => readFileSync(`${live}.idx`, "utf8").split("\n", 1)[0]!;
    /** Which text is where; null while a rotation moves it. One that begins and ends within the reading changes it too. */
    const state = (): string | null =>
      existsSync(`${live}.1.tmp`) || header().includes('"pending"')
        ? null
        : [header(), ...this.logFiles(name).map((file) => `${file} ${statSync(file).ino}`)].join("\n");
    return until(() => {
      const before = state();
      if (before === null) return null;
      // A line may begin in one file and end in the next.
      const text = this.logFiles(name)
        .map((file) => readFileSync(file, "latin1"))
        .join("");
      return state() === before ? text.split("\n").filter((line) => line !== "") : null;
    });
  }

  /** The files of a service's log, oldest first. */
  logFiles(name: string): string[] {
    const dir = this.places.serviceLogDir;
    const number = (file: string): number => (file === `${name}.log` ? 0 : Number(/\.(\d+)$/.exec(file)?.[1] ?? NaN));
    const files = readdirSync(dir).filter((file) => file.startsWith(`${name}.log`) && !Number.isNaN(number(file)));
    return files.sort((a, b) => number(b) - number(a)).map((file) => join(dir, file));
  }

  /** Ends everything that this home started, by pid, and removes it. */
  async end(): Promise<void> {
    for (const daemon of this.daemons) await daemon.kill();
    const server = runningServer(this.places, this.options.embedded?.port ?? 0);
    if (server !== null) killProcess(server.pid);
    const { homeId } = this;
    // Twice: a process may fork between the look and the signal.
    for (let round = 0; homeId !== "" && round < 5; round++) {
      const left = processesOfHome(homeId);
      if (left.length === 0) break;
      left.forEach(killProcess);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (this.options.dir === undefined) rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Homes for the tests of a file; whatever a test leaves is ended after it. */
export function auraHomes(): (options?: HomeOptions) => AuraHome {
  const homes: AuraHome[] = [];
  afterEach(async () => {
    for (const home of homes.splice(0)) await home.end();
  });
  return (options) => {
    const home = new AuraHome(options);
    homes.push(home);
    return home;
  };
}
