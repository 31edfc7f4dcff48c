import type { End } from "./restart.js";
import type { ServiceSpec } from "./spec.js";
import type { Cause, Exit, Health, Snapshot, State, Transition } from "./snapshot.js";

/**
 * One supervised service: the snapshot everybody sees and what only the guardian needs.
 * Plain data, persisted at every transition, so that a new aurad goes on where the old one was killed.
 */
export interface Supervised {
  readonly snapshot: Snapshot;
  /** Sequence of the last transition. */
  readonly seq: number;
  /** Restarts since the last stable run. */
  readonly attempts: number;
  /** Runs in a row that ended within a second. */
  readonly rapid: number;
  /** The lease: restart by policy while true. */
  readonly leased: boolean;
  /** Start again once the stop under way is complete (restart, unhealthy). */
  readonly afterStop: AfterStop | null;
  /** Why a due restart waits: a dependency is not ready. */
  readonly held: string | null;
  /** Where in the service's log the output of the current run begins. */
  readonly outputFrom: number;
}

export interface AfterStop {
  readonly cause: Cause;
  /** How the run ended for the policy; null for a restart by command, which starts at once. */
  readonly end: End | null;
}

export type Event =
  | { readonly type: "start"; readonly orderSeq: number; readonly cause: Cause }
  | { readonly type: "stop"; readonly orderSeq: number; readonly cause: Cause }
  | { readonly type: "restart"; readonly orderSeq: number; readonly cause: Cause }
  /** The process was spawned for this generation, its program not exec'd yet. */
  | {
      readonly type: "spawned";
      readonly generation: number;
      readonly port: number | null;
      readonly specHash: string;
      readonly outputFrom: number;
    }
  /** The program runs; pid is its own. */
  | { readonly type: "running"; readonly pid: number | null }
  | { readonly type: "exec_failed"; readonly detail: string }
  | { readonly type: "exited"; readonly exit: Exit; readonly ranMs: number; readonly note?: string }
  | { readonly type: "health"; readonly health: Health; readonly detail: string; readonly ranMs: number }
  | { readonly type: "ready_line" }
  | { readonly type: "due" }
  | { readonly type: "held"; readonly reason: string }
  | { readonly type: "pending"; readonly reason: string | null }
  /** The host was rebooted: whatever ran is gone. */
  | { readonly type: "rebooted" };

/** What the guardian has to do after an event, in order. */
export type Effect = { readonly do: "spawn" } | { readonly do: "terminate" } | { readonly do: "wait"; readonly ms: number };

export interface Step {
  readonly next: Supervised;
  readonly effects: readonly Effect[];
  readonly transition: Transition | null;
}

export interface Moment {
  /** Wall clock ms. */
  readonly at: number;
  /** Host uptime ms. */
  readonly uptimeMs: number;
}

/**
 * A service without a record. `seq` must be above any that its workflow may have seen from an earlier life of this
 * host's state (wiped, restored): seconds since the epoch serve.
 */
export function initialService(spec: Pick<ServiceSpec, "name" | "type" | "health">, seq: number): Supervised {
  return {
    snapshot: {
      name: spec.name,
      type: spec.type,
      state: "stopped",
      health: spec.health ? "unknown" : "none",
      ready: false,
      finished: false,
      generation: 0,
      orderSeq: 0,
      pid: null,
      port: null,
      startedAt: null,
      startedUptimeMs: null,
      restartCount: 0,
      lastExit: null,
      lastError: null,
      reason: "not started yet",
      cause: { kind: "command" },
      specHash: null,
    },
    seq,
    attempts: 0,
    rapid: 0,
    leased: false,
    afterStop: null,
    held: null,
    outputFrom: 0,
  };
}

/** Fields of a service without a process: nobody can be healthy then, but that it was unhealthy explains a backoff. */
export function down(now: Supervised, state: State): Partial<Snapshot> {
  const { health: was } = now.snapshot;
  const health = was === "none" || (was === "unhealthy" && (state === "backoff" || state === "failed")) ? was : "unknown";
  return { state, health, ready: false, pid: null, startedAt: null, startedUptimeMs: null };
}

export function edit(now: Supervised, change: Partial<Snapshot>): Supervised {
  return { ...now, snapshot: { ...now.snapshot, ...change } };
}

export function quiet(next: Supervised, effects: readonly Effect[] = []): Step {
  return { next, effects, transition: null };
}

export function report(
  now: Supervised,
  change: Partial<Snapshot>,
  cause: Cause,
  moment: Moment,
  effects: readonly Effect[] = [],
  delayMs?: number,
  exit?: Exit | null,
): Step {
  const seq = now.seq + 1;
  const snapshot: Snapshot = { ...now.snapshot, ...change, cause };
  const transition: Transition = {
    service: snapshot.name,
    seq,
    at: moment.at,
    from: now.snapshot.state,
    to: snapshot.state,
    cause,
    reason: snapshot.reason,
    snapshot,
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(exit === undefined || exit === null ? {} : { exit }),
  };
  return { next: { ...now, seq, snapshot }, effects, transition };
}
