import { AuraError, asAuraError } from "../../shared/errors.js";
import { isSame } from "../process/identity.js";
import { launch, stopServer } from "./server-launch.js";
import type { Launched, LaunchOptions } from "./server-launch.js";
import { untilReady } from "./server-ready.js";
import { removeRecord } from "./server-record.js";

export interface EmbeddedServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly uiUrl: string;
  /** It ran already when this daemon came. */
  readonly adopted: boolean;
  /** null while it is down. */
  pid(): number | null;
  /**
   * It failed somebody: finds out whether it still serves, and starts it again when it does not for 15 s though its process
   * lives. A development server was seen to answer every call with `interrupted` from some moment on (its SQLite, after
   * calls that were given up in the middle). Asks nothing while it is being found out.
   */
  suspect(): void;
  /** Ends supervision and the server; resolves when it is gone. Repeated calls are one. */
  stop(): Promise<void>;
  /** Ends supervision only: the next `aurad` adopts the server. */
  leave(): void;
}

/** Pause before the nth start in a row; a server that lived a minute begins anew. */
const BACKOFF_MS = [0, 500, 1000, 2000, 4000, 8000, 10_000] as const;
const STABLE_MS = 60_000;
const ADOPTED_POLL_MS = 500;
const PATIENCE_MS = 15_000;

/**
 * The Temporal server of this host: adopted or started, then kept alive until `stop` or `leave`.
 * Rejects with AuraError when the first start fails: `port_in_use`, `temporal_cli_missing`, `temporal_unreachable`.
 */
export async function createEmbeddedServer(options: LaunchOptions): Promise<EmbeddedServer> {
  const { places, port, uiPort, log } = options;
  let up: Launched | null = await launch(options);
  let ending = false;
  let deaths = 0;
  let startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let starting: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  let asking = false;

  const watch = (server: Launched): void => {
    if (server.child === undefined) {
      timer = setInterval(() => {
        if (!isSame(server.record)) died("unknown: it was adopted");
      }, ADOPTED_POLL_MS);
      return;
    }
    const { exitCode, signalCode } = server.child;
    if (exitCode !== null || signalCode !== null) died(signalCode ?? `exit ${exitCode}`);
    else server.child.once("exit", (code, signal) => died(signal ?? `exit ${code}`));
  };

  const died = (how: string): void => {
    clearInterval(timer);
    if (ending || up === null) return;
    const { pid } = up.record;
    up = null;
    deaths = performance.now() - startedAt > STABLE_MS ? 1 : deaths + 1;
    log.warn({ pid, how }, "embedded Temporal server ended; starting it again");
    startLater();
  };

  const startLater = (): void => {
    const delay = BACKOFF_MS[Math.min(deaths, BACKOFF_MS.length) - 1] ?? 0;
    timer = setTimeout(() => {
      starting = startAgain();
    }, delay);
  };

  const startAgain = async (): Promise<void> => {
    const began = performance.now();
    try {
      const server = await launch(options);
      up = server;
      startedAt = performance.now();
      log.info({ pid: server.record.pid, ms: Math.round(startedAt - began) }, "embedded Temporal server is back");
      if (!ending) watch(server);
    } catch (error) {
      deaths += 1;
      log.error({ error: asAuraError(error) }, "embedded Temporal server did not start; trying again");
      if (!ending) startLater();
    }
  };

  const ask = async (server: Launched): Promise<void> => {
    const current = (): boolean => !ending && up === server && isSame(server.record);
    const served = untilReady({ port, namespace: options.namespace, timeoutMs: PATIENCE_MS, alive: current });
    if ((await served.then(() => true).catch(() => false)) || !current()) return;
    log.warn({ pid: server.record.pid }, "embedded Temporal server runs but does not serve; ending it");
    process.kill(server.record.pid, "SIGKILL");
  };

  const suspect = (): void => {
    if (asking || ending || up === null) return;
    asking = true;
    void ask(up).finally(() => (asking = false));
  };

  const leave = (): void => {
    ending = true;
    clearInterval(timer);
  };

  const stop = async (): Promise<void> => {
    leave();
    await starting;
    if (up === null) return;
    await stopServer(up.record);
    up = null;
    removeRecord(places);
  };

  watch(up);
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    adopted: up.child === undefined,
    pid: () => up?.record.pid ?? null,
    suspect,
    stop: () => (stopping ??= stop()),
    leave,
  };
}

/** The port an embedded server has to serve for this address; it can only be one of this host. */
export function embeddedPort(address: string): number {
  const [host, port] = [address.slice(0, address.lastIndexOf(":")), Number(address.slice(address.lastIndexOf(":") + 1))];
  if (["localhost", "127.0.0.1"].includes(host) && port > 0) return port;
  throw new AuraError("usage", `an embedded Temporal server cannot serve ${address}`, {
    fix: "use localhost:PORT, or leave --embedded out",
  });
}
