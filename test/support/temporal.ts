import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/adapters/temporal/ports.js";
import { serverArgs, serverEnvironment } from "../../src/adapters/temporal/server-args.js";
import { untilReady } from "../../src/adapters/temporal/server-ready.js";

export interface TestServer {
  readonly address: string;
  readonly port: number;
  /** The folder of its database. */
  readonly dir: string;
  pid(): number;
  /** The last it wrote. */
  log(): string;
  /** SIGKILL, as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Again, on the same port and database. Rejects when it does not serve within `ms` (30 s). */
  startAgain(ms?: number): Promise<void>;
  /** Again on the same port with a new, empty database: everything that was in the old one is lost. */
  startEmpty(): Promise<void>;
  /** Ends it and removes its database. */
  end(): Promise<void>;
}

/** A Temporal server that belongs to a test, as a shared cluster would to somebody else. `more`: further arguments. */
export async function startServer(cli: string, more: readonly string[] = []): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), "aura-server-"));
  const [port, uiPort, httpPort, metricsPort] = (await freePorts(4)) as [number, number, number, number];
  let database = 0;
  let child: ChildProcess | undefined;

  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child!.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  };
  const start = async (ms = 30_000): Promise<void> => {
    const log = openSync(join(dir, "server.log"), "a");
    const args = serverArgs({ db: join(dir, `${database}.db`), namespace: "default", port, uiPort, httpPort, metricsPort });
    child = spawn(cli, [...args, ...more], { stdio: ["ignore", log, log], env: serverEnvironment() });
    closeSync(log);
    const { exitCode } = child;
    await untilReady({ port, namespace: "default", timeoutMs: ms, alive: () => exitCode === null && child!.exitCode === null });
  };
  await start();
  return {
    address: `127.0.0.1:${port}`,
    port,
    dir,
    pid: () => child?.pid ?? -1,
    log: () => readFileSync(join(dir, "server.log"), "utf8").slice(-4000),
    kill,
    startAgain: start,
    async startEmpty() {
      database += 1;
      await start();
    },
    async end() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
