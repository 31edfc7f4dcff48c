import type { Path } from "./entry.js";
import type { Trigger } from "./tick.js";

/** Something that calls for a tick. `folders` absent: the whole root is scanned; empty: only the heads are read. */
export interface Wake {
  readonly trigger: Trigger;
  readonly folders?: readonly Path[];
}

/**
 * When a root ticks next. Without anything to do it ticks once an interval, which begins anew with the end of every tick,
 * whatever caused it.
 */
export interface Schedule {
  readonly intervalMs: number;
  /** End of the last tick; null before the first. */
  readonly since: number | null;
  /** Ticks in a row that came to no end, as when their aurad was killed. */
  readonly cutOff: number;
  /** The last tick did not look at everything it was to look at: the next one scans the whole root. */
  readonly behind: boolean;
  readonly pending: Wake | null;
}

/** More folders than this and the whole root is scanned: they stand in a history. */
export const MOST_FOLDERS = 20;
const RETRY_MS = 5000;

export function initialSchedule(intervalMs: number): Schedule {
  return { intervalMs, since: null, cutOff: 0, behind: false, pending: null };
}

/** Two calls for a tick as one: the first one names it, unless aurad has just started. */
export function mergeWakes(first: Wake | null, next: Wake): Wake {
  const trigger = first === null || next.trigger === "startup" ? next.trigger : first.trigger;
  if (next.folders === undefined || (first !== null && first.folders === undefined)) return { trigger };
  const folders = [...new Set([...(first?.folders ?? []), ...next.folders])];
  return folders.length > MOST_FOLDERS ? { trigger } : { trigger, folders };
}

export function wake(schedule: Schedule, next: Wake): Schedule {
  return { ...schedule, pending: mergeWakes(schedule.pending, next) };
}

/** When the backstop falls due, ms; null before the first tick, which somebody has to call for. */
export function dueAt({ since, intervalMs, cutOff }: Schedule): number | null {
  if (since === null) return null;
  return since + (cutOff === 0 ? intervalMs : Math.min(intervalMs, RETRY_MS * 2 ** Math.min(cutOff - 1, 20)));
}

/** The backstop, once it is due. */
export function fallDue(schedule: Schedule, now: number): Schedule {
  const due = dueAt(schedule);
  return due === null || now < due ? schedule : wake(schedule, { trigger: "interval" });
}

/** What the next tick is called and looks at; null when nothing calls for one. */
export function nextWake({ pending, behind }: Schedule): Wake | null {
  return pending === null || !behind ? pending : { trigger: pending.trigger };
}

/** A tick that does what was pending begins. */
export function begun(schedule: Schedule): Schedule {
  return { ...schedule, pending: null };
}

/** It is over. `whole`: it scanned everything; `ok`: it did what it was to do. */
export function over(schedule: Schedule, now: number, { whole, ok }: { readonly whole: boolean; readonly ok: boolean }): Schedule {
  return { ...schedule, since: now, cutOff: 0, behind: ok ? schedule.behind && !whole : true };
}

/** It was begun, and nobody knows what became of it: soon again. */
export function cutOff(schedule: Schedule, now: number): Schedule {
  return { ...schedule, since: now, cutOff: schedule.cutOff + 1, behind: true };
}
