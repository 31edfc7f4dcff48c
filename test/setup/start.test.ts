import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { runningServer } from "../../src/adapters/temporal/server-record.js";
import { currentPlaces } from "../../src/adapters/home/home.js";
import { missing } from "../support/components.js";
import { alive, killProcess, processesOfHome } from "../support/processes.js";
import { until } from "../support/until.js";

const ROOT = resolve(import.meta.dirname, "../..");
const LAST_LINE = "Ctrl-C stops everything";

let dir: string;
let home: string;
let starts: Start[];

/** One `npm start`, without npm. */
class Start {
  out = "";
  err = "";
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor() {
    const env = {
      PATH: process.env["PATH"],
      HOME: dir,
      AURA_HOME: home,
      AURA_TEMPORAL_CLI: inject("temporal")!.cli,
      TEMPORAL_ADDRESS: "cluster.invalid:7233",
    };
    this.child = spawn(process.execPath, [join(ROOT, "scripts/start.mjs")], { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.out += text));
    this.child.stderr!.setEncoding("utf8").on("data", (text: string) => (this.err += text));
    this.exited = new Promise((done) => this.child.once("close", (code) => done(code)));
    starts.push(this);
  }

  get pid(): number {
    return this.child.pid!;
  }

  async screen(): Promise<string> {
    const ended = this.exited.then(() => true);
    await until(
      async () => this.out.includes(LAST_LINE) || Promise.race([ended, new Promise<false>((next) => setTimeout(next, 50, false))]),
      60_000,
      () => this.out + this.err,
    );
    if (!this.out.includes(LAST_LINE)) throw new Error(`it ended:\n${this.out}${this.err}`);
    return this.out;
  }

  /** As npm does it: what the terminal has sent is sent once more. */
  interrupt(): Promise<number | null> {
    this.child.kill("SIGINT");
    setTimeout(() => this.child.kill("SIGINT"), 50);
    return this.exited;
  }

  kill(): Promise<number | null> {
    this.child.kill("SIGKILL");
    return this.exited;
  }
}

const command = (name: string, ...args: string[]): string =>
  execFileSync(join(home, "bin", name), args, { encoding: "utf8", env: { PATH: process.env["PATH"] } });
const places = (): ReturnType<typeof currentPlaces> => currentPlaces({ AURA_HOME: home, HOME: dir });
const homeId = (): string => (JSON.parse(readFileSync(places().homeJson, "utf8")) as { id: string }).id;

/** Takes the port; the server of the test before may need a moment to let go of it. null: somebody else has it for good. */
async function held(port: number): Promise<Server | null> {
  return until(() => listening(port), 5000).catch(() => null);
}

async function listening(port: number): Promise<Server | null> {
  const server = createServer();
  return new Promise((done) => server.once("error", () => done(null)).listen(port, "127.0.0.1", () => done(server)));
}

describe.skipIf(missing("temporal"))("npm start", { timeout: 120_000 }, () => {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "aura-start-"));
    home = join(dir, ".aura");
    starts = [];
  });
  afterEach(async () => {
    for (const start of starts) await start.kill();
    const server = runningServer(places(), 0);
    if (server !== null) killProcess(server.pid);
    for (const pid of processesOfHome(homeId())) killProcess(pid);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  it("tells each step in a line and ends with the table, two addresses and three commands that work", async () => {
    const screen = await new Start().screen();
    for (const line of [
      /^(built Aura from its sources in \d+s|the build is up to date)$/m,
      /^Temporal CLI .+/m,
      /^Temporal server at 127\.0\.0\.1:\d+/m,
      /^aurad \(pid \d+\) ready after [\d.]+s/m,
    ]) {
      expect(screen).toMatch(line);
    }
    for (const name of ["store", "api", "worker"]) expect(screen).toMatch(new RegExp(`^${name} +ready`, "m"));
    expect(screen).toMatch(/^NAME +TYPE +STATE/m);
    for (const line of screen
      .slice(screen.indexOf("\nNAME "))
      .split("\n")
      .filter((one) => !one.includes(home)))
      expect(line.length).toBeLessThanOrEqual(80);

    const [, url, token] = /^Status {2}(http:\S+)\/#t=(\S+)$/m.exec(screen)!;
    expect((await fetch(`${url}/v1/services`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    const [, webUi] = /^Web UI {2}(http:\S+)$/m.exec(screen)!;
    expect((await fetch(webUi!)).status).toBe(200);

    const victim = Number(/kill -9 (\d+)/.exec(screen)![1]);
    process.kill(victim, "SIGKILL");
    await until(
      () => /running +healthy/.test(command("aura-msg", "status", "api")) && !command("aura-msg", "status", "api").includes(` ${victim} `),
    );
    expect(command("aura-msg", "why", "api")).toContain("SIGKILL");
  });

  it("stops everything at Ctrl-C, which npm repeats, and goes on the next time with what was edited", async () => {
    const first = new Start();
    await first.screen();
    const id = homeId();
    expect(processesOfHome(id).length).toBeGreaterThanOrEqual(3);
    const server = runningServer(places(), 0)!;
    rmSync(join(places().servicesDir, "worker.yaml"));
    expect(await first.interrupt()).toBe(0);
    expect(first.out).toContain("stopped; ");
    expect(processesOfHome(id)).toEqual([]);
    expect(alive(server.pid)).toBe(false);

    const second = new Start();
    const screen = await second.screen();
    expect(screen).toMatch(/^api +ready/m);
    expect(screen).not.toMatch(/^worker/m);
    expect(await second.interrupt()).toBe(0);
  });

  it("refuses a second one, naming the pid of the first", async () => {
    const first = new Start();
    await first.screen();
    const second = new Start();
    expect(await second.exited).toBe(64);
    expect(second.err).toContain(`aurad runs already (pid ${first.pid})`);
    expect(second.out).toBe("");
  });

  it("takes up again what it left when it was killed", async () => {
    const first = new Start();
    await first.screen();
    const before = processesOfHome(homeId());
    const server = runningServer(places(), 0)!;
    await first.kill();
    await new Start().screen();
    expect(processesOfHome(homeId())).toEqual(before);
    expect(runningServer(places(), 0)?.pid).toBe(server.pid);
  });

  it("runs its own Temporal server on other ports where the usual ones are taken", async () => {
    const holders = await Promise.all([7233, 8233].map(held));
    try {
      const screen = await new Start().screen();
      for (const port of [7233, 8233])
        expect(screen).toMatch(new RegExp(`^port ${port} is in use.*: taking another one for this trial$`, "m"));
      expect(screen).not.toContain("127.0.0.1:7233,");
    } finally {
      for (const holder of holders) holder?.close();
    }
  });

  it("says in one line what is wrong with aura.toml", async () => {
    const first = new Start();
    await first.screen();
    await first.interrupt();
    writeFileSync(places().auraToml, "[temporal]\nui_prot = 8233\n");
    const second = new Start();
    expect(await second.exited).toBe(64);
    expect(second.err).toContain("aura.toml:2");
    expect(second.err.trim().split("\n")).toHaveLength(1);
  });
});
