import { formatDuration } from "../shared/durations.js";
import type { RootStatus, TickRecord } from "./control.js";
import type { RootMode } from "./root.js";

export interface RootFacts {
  readonly rootId: string;
  readonly deviceId: string;
  readonly path: string;
  readonly mode: RootMode;
  /** The last one that was no dry run. */
  readonly last: TickRecord | null;
  readonly ticking: boolean;
  readonly watcher: RootStatus["watcher"];
  readonly intervalMs: number;
  /** When the backstop falls due, ms since 1970; null while that is not known. */
  readonly dueAt: number | null;
}

export function rootStatus(facts: RootFacts): RootStatus {
  const { last, ticking, dueAt } = facts;
  return {
    root_id: facts.rootId,
    device_id: facts.deviceId,
    path: facts.path,
    mode: facts.mode,
    online: last?.outcome !== "skip",
    last_tick: last,
    error: errorOf(last),
    in_sync: last?.sync?.in_sync ?? false,
    ticking,
    watcher: facts.watcher,
    interval_s: facts.intervalMs / 1000,
    next_tick_at: ticking || dueAt === null ? null : new Date(dueAt).toISOString(),
  };
}

/** Whether a person has to look after it. */
export function isHealthy({ online, error }: Pick<RootStatus, "online" | "error">): boolean {
  return online && error === null;
}

/** One word: what a list shows first. */
export function stateWord({ online, error, last_tick }: RootStatus): "starting" | "online" | "offline" | "held" | "error" {
  if (last_tick === null) return "starting";
  if (!online) return "offline";
  if (error === null) return "online";
  return last_tick.outcome === "ok" ? "held" : "error";
}

/** `3s ago via watcher (147ms)`. `now`: ms since 1970. */
export function lastTickText({ last_tick, ticking }: RootStatus, now: number): string {
  if (last_tick === null) return ticking ? "first tick runs" : "no tick yet";
  const { started_at, duration_ms, trigger } = last_tick;
  const ago = Math.max(0, now - Date.parse(started_at) - duration_ms);
  return `${coarse(ago)} ago via ${trigger} (${formatDuration(duration_ms)})`;
}

function errorOf(last: TickRecord | null): string | null {
  if (last?.outcome === "error") return last.error ?? "the last tick failed";
  return last?.sync?.held?.reason ?? null;
}

/** Whole seconds, minutes, hours or days. */
function coarse(ms: number): string {
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m`;
  return s < 86_400 ? `${Math.floor(s / 3600)}h` : `${Math.floor(s / 86_400)}d`;
}
