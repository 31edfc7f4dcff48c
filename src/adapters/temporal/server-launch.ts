import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Places } from "../../host/places.js";
import { asAuraError, AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";
import { identify, isSame, signalSame } from "../process/identity.js";
import { freePorts, isFree, portHolder } from "./ports.js";
import { serverArgs, serverEnvironment } from "./server-args.js";
import { untilReady } from "./server-ready.js";
import { removeRecord, runningServer, writeRecord } from "./server-record.js";
import type { ServerRecord } from "./server-record.js";

export interface LaunchOptions {
  readonly places: Places;
  readonly namespace: string;
  readonly port: number;
  readonly uiPort: number;
  /** Path of the Temporal CLI; asked only when a server has to be started. */
  readonly cli: () => Promise<string>;
  readonly log: Log;
  /** Called when its process runs, ready or not. */
  readonly spawned?: () => void;
}

export interface Launched {
  readonly record: ServerRecord;
  /** Absent for an adopted server: it is nobody's child. */
  readonly child?: ChildProcess;
}

const ATTEMPTS = 3;
const READY_MS = 30_000;
const STOP_MS = 5000;
const LOG_LIMIT = 5 * 1024 * 1024;

/** Adopts the server of this home that still runs, or starts one, and waits until it serves the namespace. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { places, port, uiPort, log } = options;
  const running = runningServer(places, port);
  if (running !== null) {
    const fits = running.port === port && running.uiPort === uiPort;
    if (fits) options.spawned?.();
    if (fits && (await serves(options, running))) return { record: running };
    log.info(
      { pid: running.pid },
      fits ? "the embedded Temporal server does not answer; replacing it" : "the embedded Temporal server runs on other ports; moving it",
    );
    await stopServer(running);
  }
  await claim(port, "gRPC", 'address = "localhost:PORT" and embedded = true');
  await claim(uiPort, "Web UI", "ui_port = PORT");
  const cli = await options.cli();
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(cli, options);
    } catch (error) {
      if (attempt === ATTEMPTS) throw asAuraError(error);
      if (/no such table/.test(asAuraError(error).message)) setAside(options);
    }
  }
}

/**
 * A server that was killed at its very first start leaves a database without tables, which none ever completes.
 * It holds nothing; it is kept all the same.
 */
function setAside({ places, log }: LaunchOptions): void {
  const kept = `${places.temporalDb}.incomplete-${Date.now()}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(`${places.temporalDb}${suffix}`)) renameSync(`${places.temporalDb}${suffix}`, `${kept}${suffix}`);
  }
  log.warn({ kept }, "the embedded server's database was never completed; set aside, starting with a new one");
}

/** SIGTERM, after 5 s SIGKILL; only ever to the very process that was recorded. Resolves when it is gone. */
export async function stopServer(record: ServerRecord): Promise<void> {
  signalSame(record, "SIGTERM");
  if (await gone(record, STOP_MS)) return;
  signalSame(record, "SIGKILL");
  await gone(record, STOP_MS);
}

async function gone(record: ServerRecord, withinMs: number): Promise<boolean> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await wait(20)) {
    if (!isSame(record)) return true;
  }
  return !isSame(record);
}

async function serves({ namespace }: LaunchOptions, record: ServerRecord): Promise<boolean> {
  return untilReady({ port: record.port, namespace, timeoutMs: 10_000, alive: () => isSame(record) }).then(
    () => true,
    () => false,
  );
}

async function claim(port: number, what: string, keys: string): Promise<void> {
  if (await isFree(port)) return;
  const holder = portHolder(port);
  const by = holder === null ? "another program" : `${holder.args[0]?.split("/").at(-1) ?? "a program"} (pid ${holder.pid})`;
  throw new AuraError("port_in_use", `port ${port}, wanted for the ${what} of the embedded Temporal server, is in use by ${by}`, {
    fix: `stop that program, or choose another port in aura.toml: ${keys} under [temporal]`,
  });
}

async function start(cli: string, { places, namespace, port, uiPort, spawned }: LaunchOptions): Promise<Launched> {
  const [httpPort, metricsPort] = (await freePorts(2)) as [number, number];
  const logged = rotate(places.temporalLog);
  const child = spawnServer(cli, serverArgs({ db: places.temporalDb, namespace, port, uiPort, httpPort, metricsPort }), places);
  const { failure, settle } = failureOf(child, (how) => ended(places, logged, how));
  const identity = child.pid === undefined ? null : identify(child.pid);
  if (identity === null) return failure;
  const record = writeRecord(places, identity, { port, uiPort });
  spawned?.();
  try {
    await Promise.race([failure, untilReady({ port, namespace, timeoutMs: READY_MS, alive: () => isSame(identity) })]);
    settle();
    return { record, child };
  } catch (error) {
    const silent = isSame(identity);
    await stopServer(record);
    removeRecord(places);
    // An exit explains more than the silence that it caused.
    if (!silent) await Promise.race([failure, wait(100)]);
    throw error;
  }
}

/** Rejects when the process ends, or never began; until `settle` is called. */
function failureOf(child: ChildProcess, explain: (how: string) => AuraError): { failure: Promise<never>; settle: () => void } {
  let settled = false;
  const failure = new Promise<never>((_, reject) => {
    const fail = (how: string): void => {
      if (!settled) reject(explain(how));
    };
    child.once("error", (error) => fail(error.message)).once("exit", (code, signal) => fail(signal ?? `exit ${code}`));
  });
  failure.catch(() => {});
  return {
    failure,
    settle: () => {
      settled = true;
    },
  };
}

/**
 * In a session of its own: neither Ctrl-C nor the death of `aurad` ends the server. The shell only sets the mode of the
 * database and replaces itself; the file cannot be made here, for the server lays tables only into one that it made.
 */
function spawnServer(cli: string, args: readonly string[], places: Places): ChildProcess {
  const output = openSync(places.temporalLog, "a", 0o600);
  try {
    const child = spawn("/bin/sh", ["-c", 'umask 077; exec "$0" "$@"', cli, ...args], {
      detached: true,
      stdio: ["ignore", output, output],
      cwd: places.dataDir,
      env: serverEnvironment(),
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** Keeps one older log; returns where this run's output begins. */
function rotate(file: string): number {
  const size = existsSync(file) ? statSync(file).size : 0;
  if (size <= LOG_LIMIT) return size;
  renameSync(file, `${file}.1`);
  return 0;
}

function ended(places: Places, logged: number, how: string): AuraError {
  const output = existsSync(places.temporalLog) ? readFileSync(places.temporalLog).subarray(logged).toString("utf8") : "";
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const why = lines.findLast((line) => /error|in use|fail/i.test(line)) ?? lines.at(-1) ?? "it said nothing";
  return new AuraError("temporal_unreachable", `the embedded Temporal server ended while starting (${how}): ${why.slice(0, 300)}`, {
    fix: `see ${places.temporalLog}`,
  });
}
