import type { Colors } from "picocolors/types.js";
import { formatDuration } from "../../shared/durations.js";
import type { RootStatus } from "../../sync/control.js";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Decimal units, as limits are written, three digits at least: `812 B`, `1.2 kB`, `45.0 MB`, `450 GB`. `unit`: in this one. */
export function formatBytes(bytes: number, unit = unitOf(bytes)): string {
  const value = bytes / 1000 ** UNITS.indexOf(unit);
  return `${value.toFixed(unit === "B" || value >= 99.95 ? 0 : 1)} ${unit}`;
}

function unitOf(bytes: number): string {
  const at = UNITS.findIndex((_, i) => bytes < 999.5 * 1000 ** i);
  return UNITS.at(at)!;
}

/** `1 file`, `2 files`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Whole seconds from then to now, as `3m12s ago`; `-` when there is no then. */
export function ago(iso: string | null | undefined, now: number): string {
  const ms = iso == null ? Number.NaN : now - Date.parse(iso);
  if (Number.isNaN(ms)) return "-";
  const s = Math.max(0, Math.floor(ms / 1000));
  return s === 0 ? "just now" : `${formatDuration(s * 1000)} ago`;
}

export type RootState = "new" | "in sync" | "syncing" | "behind" | "held" | "offline" | "error";

/** A root in one word. `behind`: something could not be synced, or came while it was. */
export function rootState(root: RootStatus): RootState {
  const { last_tick } = root;
  if (root.ticking) return "syncing";
  if (last_tick === null) return "new";
  if (last_tick.outcome === "error") return "error";
  if (!root.online) return "offline";
  if (last_tick.sync?.held != null) return "held";
  if (root.error !== null) return "error";
  return root.in_sync ? "in sync" : "behind";
}

export function rootColor(state: RootState, colors: Colors): (text: string) => string {
  if (state === "in sync") return colors.green;
  return state === "error" || state === "held" ? colors.red : colors.yellow;
}
