import { formatDuration } from "../shared/durations.js";
import type { RestartSpec } from "./spec.js";
import type { Exit } from "./snapshot.js";

/** How a run of a service ended, as far as the restart policy cares. */
export type End =
  | { readonly kind: "exit"; readonly exit: Exit }
  | { readonly kind: "unhealthy"; readonly detail: string }
  | { readonly kind: "exec"; readonly detail: string };

export interface RestartInput {
  readonly policy: RestartSpec;
  readonly successExitCodes: readonly number[];
  /** Restarts since the last stable run. */
  readonly attempts: number;
  /** Runs in a row that ended within RAPID_MS. */
  readonly rapid: number;
  /** How long the run lasted. */
  readonly ranMs: number;
  readonly end: End;
}

/**
 * restart: start again after delayMs. finish: it ended well and stays down.
 * complete: a oneshot that did its work. fail: the policy gives up.
 */
export interface RestartDecision {
  readonly decision: "restart" | "finish" | "complete" | "fail";
  readonly delayMs: number;
  /** Attempt count to carry on with. */
  readonly attempts: number;
  readonly rapid: number;
  /** The sentence `status` and `why` show. */
  readonly reason: string;
}

/** A run shorter than this is a rapid end. */
const RAPID_MS = 1000;
/** After this many rapid ends in a row a service with `delay: 0s` is no longer restarted at once. */
const RAPID_RUNS = 5;
/** Ten restarts a second are enough for a loop that nobody stops, and for a program that cannot be started. */
const LOOP_DELAY_MS = 100;

/** The one restart decision: pure, used by the guardian under its lease. */
export function decideRestart(input: RestartInput): RestartDecision {
  const { policy, end } = input;
  const stable = input.ranMs >= policy.resetAfterMs;
  const attempts = stable ? 0 : input.attempts;
  const rapid = input.ranMs < RAPID_MS ? input.rapid + 1 : 0;
  const what = describeEnd(end);
  const success = isSuccess(end, input.successExitCodes);

  if (success && policy.policy === "oneshot") return done("complete", `${what}; its work is done`);
  if (success && policy.policy !== "always") return done("finish", `${what}; ${policy.policy} does not restart it`);
  if (policy.policy === "never") return done("fail", `${what}; restart policy is never`);
  if (policy.maxAttempts > 0 && attempts >= policy.maxAttempts) {
    return done(
      "fail",
      `${what}; gave up after ${plural(attempts, "restart")} without a stable run of ${formatDuration(policy.resetAfterMs)}`,
    );
  }
  const looping = rapid > RAPID_RUNS || end.kind === "exec";
  const delayMs = Math.max(restartDelay(policy, attempts), looping ? LOOP_DELAY_MS : 0);
  const of = policy.maxAttempts > 0 ? ` of ${policy.maxAttempts}` : "";
  const when = delayMs === 0 ? "at once" : `in ${formatDuration(delayMs)}`;
  return {
    decision: "restart",
    delayMs,
    attempts: attempts + 1,
    rapid,
    reason: `${what}; ${policy.policy} restart ${attempts + 1}${of} ${when}`,
  };

  function done(decision: "finish" | "complete" | "fail", reason: string): RestartDecision {
    return { decision, delayMs: 0, attempts, rapid, reason };
  }
}

/** The wait before restart number attempts+1. */
export function restartDelay(policy: RestartSpec, attempts: number): number {
  if (policy.backoff === "fixed") return policy.delayMs;
  // The exponent is held where every cap has long applied: 2^1024 is Infinity, and 0 times that no number.
  return Math.min(policy.delayMs * 2 ** Math.min(attempts, 40), Math.max(policy.maxDelayMs, policy.delayMs));
}

function isSuccess(end: End, codes: readonly number[]): boolean {
  if (end.kind !== "exit" || end.exit.status === null) return false;
  return end.exit.status === 0 || codes.includes(end.exit.status);
}

export function describeEnd(end: End): string {
  if (end.kind === "unhealthy") return `unhealthy: ${end.detail}`;
  if (end.kind === "exec") return `could not start: ${end.detail}`;
  return describeExit(end.exit);
}

const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  10: "SIGUSR1",
  11: "SIGSEGV",
  12: "SIGUSR2",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
};

/** `exited 1`, `ended by SIGKILL (137)`, `ended, status unknown`. */
export function describeExit(exit: Exit): string {
  if (exit.status === null) return "ended, status unknown";
  const signal = exit.status > 128 ? SIGNAL_NAMES[exit.status - 128] : undefined;
  return signal === undefined ? `exited ${exit.status}` : `ended by ${signal} (${exit.status})`;
}

function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
