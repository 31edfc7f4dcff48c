/**
 * The states of one service, as `status` shows them (contract section 5).
 *
 *                    order_start                exec'd
 *   stopped/failed ──────────────▶ starting ──────────────▶ running
 *        ▲    ▲                        ▲                      │ exit, or unhealthy
 *        │    │ finished               │ due                  ▼
 *        │    └──────────────────── backoff ◀───────── decideRestart
 *        │ exited                                             │ order_stop
 *        └───────────────────────── stopping ◀────────────────┘
 *
 * `pending` is a service that is wanted up and waits for a dependency.
 */
export const STATES = ["pending", "starting", "running", "stopping", "stopped", "backoff", "failed"] as const;
export type State = (typeof STATES)[number];

export const HEALTHS = ["unknown", "healthy", "unhealthy", "none"] as const;
export type Health = (typeof HEALTHS)[number];

/** Why something happened and who asked; carried in every transition and shown by `why`. */
export interface Cause {
  readonly kind:
    | "command" // a person or program asked: up, down, restart
    | "exit" // the process ended by itself
    | "health" // probes crossed the threshold
    | "dependency" // another service changed
    | "spec" // the spec file changed
    | "boot" // aurad or the host started
    | "shutdown" // aurad is stopping
    | "exec"; // the program could not be started
  /** user@host, for commands. */
  readonly by?: string;
  /** up, down, restart, reload... for commands. */
  readonly command?: string;
  /** The other service, for dependency causes. */
  readonly service?: string;
  readonly requestId?: string;
}

/** How a process ended. `status` follows the shell: 128+n when signal n ended it; null when unknown. */
export interface Exit {
  readonly status: number | null;
  /** False when the end was seen but the status file was missing (its shim was killed too). */
  readonly known: boolean;
}

/** What is observed of one service now. Plain data: it is persisted, signalled and served as it is. */
export interface Snapshot {
  readonly name: string;
  readonly type: "native" | "container" | "external";
  readonly state: State;
  readonly health: Health;
  /** Dependents may start. */
  readonly ready: boolean;
  /** Ended for good by itself (clean exit, policy gave up): only a command, a new spec or a reboot starts it again. */
  readonly finished: boolean;
  /** Counts every process start of this service since it was first seen. */
  readonly generation: number;
  /** The last order of the host workflow that was carried out; an order that is not newer is ignored. */
  readonly orderSeq: number;
  readonly pid: number | null;
  readonly port: number | null;
  /** Wall clock, ms since the epoch, of the current process's start. Display only. */
  readonly startedAt: number | null;
  /** Host uptime in ms at the current process's start: immune to clock jumps. */
  readonly startedUptimeMs: number | null;
  /** Restarts since the last manual start. */
  readonly restartCount: number;
  readonly lastExit: Exit | null;
  readonly lastError: string | null;
  /** The sentence that explains the present state. */
  readonly reason: string;
  /** What brought the present state about. */
  readonly cause: Cause;
  /** Hash of the spec the current process runs with. */
  readonly specHash: string | null;
}

/**
 * One change of one service, as the journal keeps it and the service workflow receives it.
 * `seq` is per service and for ever increasing (a reboot may leave a gap); the receiver ignores what it has seen.
 */
export interface Transition {
  readonly service: string;
  readonly seq: number;
  /** Wall clock ms. */
  readonly at: number;
  readonly from: State;
  readonly to: State;
  readonly cause: Cause;
  /** What decided, in words: `exited 1; on-failure restart 3 of 5 in 4s`. */
  readonly reason: string;
  /** Delay before the next start, for `backoff`. */
  readonly delayMs?: number;
  readonly exit?: Exit;
  /** The state after the change. */
  readonly snapshot: Snapshot;
  /** Number of like transitions this one stands for when a crash loop was batched. */
  readonly repeats?: number;
}
