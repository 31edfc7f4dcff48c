import { SEARCH_ATTRIBUTES } from "../../host/search-attributes.js";

export interface ServerArgs {
  readonly db: string;
  readonly namespace: string;
  readonly port: number;
  readonly uiPort: number;
  readonly httpPort: number;
  readonly metricsPort: number;
}

/**
 * Measured on two cores. The poll limit of the transfer queue is the one that decides: at its default every hop waits
 * up to 50 ms, on the whole server. One partition a task queue: bursts of starts are 2 to 3 times quicker.
 * The last one is for an aurad that is killed again and again: the server gives the task it was killed over to the next
 * one after the task's time-out, which from the fourth attempt on it would lengthen by up to ten minutes.
 */
const TUNING = [
  "history.transferProcessorMaxPollRPS=10000",
  "history.timerProcessorMaxPollRPS=10000",
  "history.visibilityProcessorMaxPollRPS=10000",
  "matching.numTaskqueueReadPartitions=1",
  "matching.numTaskqueueWritePartitions=1",
  "system.enableActivityEagerExecution=true",
  'history.workflowTaskRetryMaxInterval="1s"',
] as const;

/** An acknowledged vote or command must survive a power cut; the write-ahead log keeps that cheap. */
const PRAGMAS = ["journal_mode=WAL", "synchronous=FULL"] as const;

/** The command line of the embedded server. Loopback only; no configuration of the person's own; no random ports. */
export function serverArgs({ db, namespace, port, uiPort, httpPort, metricsPort }: ServerArgs): string[] {
  return [
    "server",
    "start-dev",
    "--ip",
    "127.0.0.1",
    "--port",
    String(port),
    "--ui-port",
    String(uiPort),
    "--http-port",
    String(httpPort),
    "--metrics-port",
    String(metricsPort),
    "--db-filename",
    db,
    "--namespace",
    namespace,
    "--log-level",
    "error",
    "--log-format",
    "json",
    "--disable-config-file",
    "--disable-config-env",
    ...TUNING.flatMap((value) => ["--dynamic-config-value", value]),
    ...PRAGMAS.flatMap((value) => ["--sqlite-pragma", value]),
    ...SEARCH_ATTRIBUTES.flatMap((name) => ["--search-attribute", `${name}=Keyword`]),
  ];
}

/** The server asks who it runs as, and ends where neither the system nor this tells: a user id without a name, as in containers. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { USER: "aura", ...process.env };
}
