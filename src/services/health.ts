import type { HealthSpec } from "./spec.js";
import type { Health } from "./snapshot.js";

/**
 * The health of one process (or external service), from its probes.
 *
 *             passed                threshold reached
 *   unknown ─────────▶ healthy ────────────────────────▶ unhealthy
 *      │                  ▲                                │   ▲
 *      │                  └────────── passed ──────────────┘   │
 *      └───────────── threshold reached ───────────────────────┘
 */
export interface HealthState {
  readonly health: Health;
  /** Consecutive failures that count towards the threshold. */
  readonly failures: number;
  /** Probes since the start; early ones are quick. */
  readonly probes: number;
  /** The last full interval since the end of grace in which an early failure was counted. */
  readonly countedInterval: number;
}

/** Times are milliseconds since the process started. */
export type HealthEvent =
  | { readonly kind: "passed"; readonly sinceStartMs: number }
  | { readonly kind: "failed"; readonly sinceStartMs: number; readonly reason: string };

export interface HealthStep {
  readonly state: HealthState;
  /** The health differs from before. */
  readonly changed: boolean;
  /** The health is `unhealthy` now. */
  readonly unhealthy: boolean;
  /** Why, as a person reads it: `passed`, `failed 2 of 3: GET /healthz: 503`. */
  readonly reason: string;
}

export const FIRST_PROBES_MS = { start: 10, cap: 250 } as const;

/** `none` when the service has no health block. */
export function initialHealth(spec: HealthSpec | undefined): HealthState {
  return { health: spec === undefined ? "none" : "unknown", failures: 0, probes: 0, countedInterval: 0 };
}

/** What ProbePort resolved to, as an event. */
export function probeEvent(reason: string | null, sinceStartMs: number): HealthEvent {
  return reason === null ? { kind: "passed", sinceStartMs } : { kind: "failed", sinceStartMs, reason };
}

export function nextHealth(state: HealthState, event: HealthEvent, spec: HealthSpec): HealthStep {
  const next = event.kind === "passed" ? passed(state) : failed(state, event.sinceStartMs, spec);
  return {
    state: next,
    changed: next.health !== state.health,
    unhealthy: next.health === "unhealthy",
    reason: event.kind === "passed" ? "passed" : `failed ${next.failures} of ${spec.unhealthyThreshold}: ${event.reason}`,
  };
}

/**
 * Milliseconds to wait before the next probe. The first comes at the end of grace. While the health is
 * unknown the next ones come quickly (10 ms, doubling to 250 ms), so that readiness is seen at once;
 * once it is known, good or bad, every `interval`.
 */
export function nextProbeDelay(state: HealthState, spec: HealthSpec, sinceStartMs: number): number {
  if (state.probes === 0) return Math.max(0, spec.gracePeriodMs - sinceStartMs);
  if (state.health !== "unknown") return spec.intervalMs;
  const quick = FIRST_PROBES_MS.start * 2 ** Math.min(state.probes - 1, 16);
  return Math.min(quick, FIRST_PROBES_MS.cap, spec.intervalMs);
}

function passed(state: HealthState): HealthState {
  return { ...state, health: "healthy", failures: 0, probes: state.probes + 1 };
}

function failed(state: HealthState, sinceStartMs: number, spec: HealthSpec): HealthState {
  const probes = state.probes + 1;
  if (state.health !== "unknown") return { ...fail(state, state.failures + 1, spec), probes };
  // Quick early probes must not use up the threshold before the service had its time:
  // they count once for each full interval that has passed since the end of grace.
  const interval = Math.floor((sinceStartMs - spec.gracePeriodMs) / spec.intervalMs);
  if (interval <= state.countedInterval) return { ...state, probes };
  return { ...fail(state, state.failures + 1, spec), probes, countedInterval: interval };
}

function fail(state: HealthState, failures: number, spec: HealthSpec): HealthState {
  // Stops counting at the threshold: `failed 3 of 3` stays true however long it lasts.
  const counted = Math.min(failures, spec.unhealthyThreshold);
  return { ...state, failures: counted, health: counted >= spec.unhealthyThreshold ? "unhealthy" : state.health };
}
