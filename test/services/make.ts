import { initialService, type Supervised } from "../../src/services/supervised.js";
import type { Snapshot, Transition } from "../../src/services/snapshot.js";
import type { HealthSpec, RestartSpec, ServiceSpec, SpecOutline } from "../../src/services/spec.js";

export const RESTART: RestartSpec = {
  policy: "on-failure",
  maxAttempts: 0,
  delayMs: 1000,
  backoff: "exponential",
  maxDelayMs: 30_000,
  resetAfterMs: 60_000,
};

export const HEALTH: HealthSpec = { type: "tcp", intervalMs: 10_000, timeoutMs: 2000, gracePeriodMs: 0, unhealthyThreshold: 3 };

/** A valid spec with the documented defaults; `restart` is merged with its defaults. */
export function makeSpec(change: Partial<Omit<ServiceSpec, "restart">> & { restart?: Partial<RestartSpec> } = {}): ServiceSpec {
  const { restart, ...rest } = change;
  return {
    name: "api",
    type: "native",
    command: ["true"],
    workingDir: "/",
    stop: { signal: "SIGTERM", timeoutMs: 10_000 },
    successExitCodes: [],
    log: { maxSizeBytes: 10_000_000, keep: 5 },
    env: {},
    secrets: {},
    after: [],
    requires: [],
    hash: "h1",
    file: "/specs/api.yaml",
    restart: { ...RESTART, ...restart },
    ...rest,
  };
}

export function makeOutline(name: string, change: Partial<SpecOutline> = {}): SpecOutline {
  return { name, type: "native", after: [], requires: [], hash: "h1", health: false, ...change };
}

export function makeSnapshot(name: string, change: Partial<Snapshot> = {}): Snapshot {
  return { ...fresh(name).snapshot, ...change };
}

export function fresh(name = "api", seq = 1000): Supervised {
  return initialService(makeSpec({ name }), seq);
}

export function makeTransition(service: string, seq: number, change: Partial<Transition> = {}): Transition {
  return {
    service,
    seq,
    at: seq,
    from: "running",
    to: "backoff",
    cause: { kind: "exit" },
    reason: "exited 1",
    snapshot: makeSnapshot(service, { state: "backoff" }),
    ...change,
  };
}
