import type { SpecOutline } from "./spec.js";
import type { Cause, Snapshot } from "./snapshot.js";

/** What the host workflow knows; plain data, carried over continue-as-new. */
export interface HostState {
  readonly outlines: Readonly<Record<string, SpecOutline>>;
  /** Absent means down. Changed by commands only, never by what is observed. */
  readonly desired: Readonly<Record<string, Desired>>;
  readonly observed: Readonly<Record<string, Snapshot>>;
}

export interface Desired {
  readonly up: boolean;
  readonly cause: Cause;
}

export interface Order {
  readonly name: string;
  readonly cause: Cause;
}

/** What is to be done now. Everything in `starts` may go in parallel, likewise `stops`. */
export interface HostPlan {
  readonly starts: readonly Order[];
  readonly stops: readonly Order[];
  readonly restarts: readonly Order[];
  /** Wanted up, not startable yet, with the reason a person reads. */
  readonly pending: Readonly<Record<string, string>>;
}

const ACTIVE = new Set(["starting", "running", "stopping", "backoff"]);

export function isActive(snapshot: Snapshot | undefined): boolean {
  return snapshot !== undefined && ACTIVE.has(snapshot.state);
}

/**
 * Decides the next orders from what is wanted and what is observed. Called again after each change:
 * services whose turn has not come are left for a later call.
 */
export function planHost(state: HostState): HostPlan {
  const { outlines, desired, observed } = state;
  const blocked = blockers(state);
  const starts: Order[] = [];
  const restarts: Order[] = [];
  const pending: Record<string, string> = {};
  const leaving = new Map<string, Cause>();

  for (const [name, snapshot] of Object.entries(observed)) {
    const outline = outlines[name];
    const wish = desired[name];
    if (!isActive(snapshot)) continue;
    const blocker = blocked(name);
    if (outline === undefined || outline.unsupported !== undefined) leaving.set(name, { kind: "spec" });
    else if (wish?.up !== true) leaving.set(name, wish?.cause ?? { kind: "command" });
    else if (blocker !== undefined) leaving.set(name, { kind: "dependency", service: blocker.service });
    else if (snapshot.state !== "stopping" && snapshot.specHash !== null && snapshot.specHash !== outline.hash) {
      restarts.push({ name, cause: { kind: "spec" } });
    }
  }
  for (const [name, outline] of Object.entries(outlines)) {
    const wish = desired[name];
    const snapshot = observed[name];
    if (wish?.up !== true || isActive(snapshot) || snapshot?.finished === true) continue;
    const reason = outline.unsupported ?? blocked(name)?.reason ?? waitsFor(outline, state);
    if (reason === undefined) starts.push({ name, cause: startCause(wish, snapshot) });
    else pending[name] = reason;
  }
  return { starts, restarts, stops: stopsNow(state, leaving), pending };
}

/** Reverse order: a service is stopped once everything that is leaving too and comes after it is down. */
function stopsNow(state: HostState, leaving: ReadonlyMap<string, Cause>): Order[] {
  const waits = new Set<string>();
  for (const name of leaving.keys()) {
    for (const dep of state.outlines[name]?.after ?? []) waits.add(dep);
  }
  return [...leaving]
    .filter(([name]) => !waits.has(name) && state.observed[name]?.state !== "stopping")
    .map(([name, cause]) => ({ name, cause }));
}

interface Blocker {
  /** The service at the root of it. */
  readonly service: string;
  readonly reason: string;
}

/** For a service: the hard dependency that is down for good, directly or through others. */
function blockers(state: HostState): (name: string) => Blocker | undefined {
  const known = new Map<string, Blocker | undefined>();
  return find;

  function find(name: string): Blocker | undefined {
    if (known.has(name)) return known.get(name);
    known.set(name, undefined); // ends the walk on a cycle, which loading refuses anyway
    const found = search(name);
    known.set(name, found);
    return found;
  }

  function search(name: string): Blocker | undefined {
    for (const dep of state.outlines[name]?.requires ?? []) {
      const outline = state.outlines[dep];
      const snapshot = state.observed[dep];
      if (outline === undefined) return { service: dep, reason: `requires ${dep}, which has no spec` };
      if (outline.unsupported !== undefined) return { service: dep, reason: `requires ${dep}: ${outline.unsupported}` };
      if (state.desired[dep]?.up !== true) return { service: dep, reason: `requires ${dep}, which is down` };
      if (snapshot?.finished === true) return { service: dep, reason: `requires ${dep}, which ${endWord(snapshot)}: ${snapshot.reason}` };
      const deeper = find(dep);
      if (deeper !== undefined) return { service: deeper.service, reason: `requires ${dep}, which ${deeper.reason}` };
    }
    return undefined;
  }
}

function endWord(snapshot: Snapshot): string {
  return snapshot.state === "failed" ? "failed" : "ended";
}

/** Not ready yet, but expected to be. A soft dependency (`after` only) holds back as long as it is wanted up. */
function waitsFor(outline: SpecOutline, state: HostState): string | undefined {
  for (const dep of outline.after) {
    const snapshot = state.observed[dep];
    if (snapshot?.ready === true) continue;
    const hard = outline.requires.includes(dep);
    if (!hard && (state.desired[dep]?.up !== true || state.outlines[dep] === undefined)) continue;
    const health = snapshot?.health === "unhealthy" ? ", unhealthy" : "";
    return `waits for ${dep} (${snapshot?.state ?? "stopped"}${health})`;
  }
  return undefined;
}

function startCause(wish: Desired, snapshot: Snapshot | undefined): Cause {
  // A wish is older than the events since: what stopped the service explains why it starts again.
  const stopped = snapshot?.cause;
  if (stopped?.kind === "dependency") return stopped;
  if (stopped?.kind === "boot" || stopped?.kind === "shutdown") return { kind: "boot" };
  return wish.cause;
}
