import type { TickRecord } from "./control.js";
import type { Held, SyncReport, TickOutcome, Trigger } from "./tick.js";

/** One record of a tick as the log writes it. Field names and values are public. */
export interface TickLine {
  readonly level: "info" | "warn" | "error";
  readonly event: "tick_start" | "tick_end" | "tick_skip";
  /** Beside `time`, `level` and `msg`, which is the event. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TickTimes {
  readonly index: number;
  readonly trigger: Trigger;
  /** Wall clock, ms since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Of each list that goes through a history. */
const MOST_LISTED = 20;
const LONGEST_TEXT = 400;

export function tickRecord({ index, trigger, startedAt, durationMs }: TickTimes, outcome: TickOutcome): TickRecord {
  const told = { tick_index: index, trigger, started_at: new Date(startedAt).toISOString(), duration_ms: Math.round(durationMs) };
  switch (outcome.kind) {
    case "ok":
      return { ...told, outcome: "ok", sync: outcome.report };
    case "offline":
      return { ...told, outcome: "skip", reason: "offline", detail: outcome.reason };
    case "error":
      return { ...told, outcome: "error", error: outcome.message };
  }
}

export function tickStart(rootId: string, { index, trigger }: Pick<TickTimes, "index" | "trigger">): TickLine {
  return { level: "info", event: "tick_start", fields: envelope("tick_start", rootId, index, trigger) };
}

/** `tick_end`, or `tick_skip` for one that nobody answered. */
export function tickEnd(rootId: string, record: TickRecord): TickLine {
  const { tick_index, trigger, duration_ms, outcome, error, reason, detail, sync } = record;
  if (outcome === "skip") {
    const fields = { ...envelope("tick_skip", rootId, tick_index, trigger), reason, ...(detail === undefined ? {} : { detail }) };
    return { level: "warn", event: "tick_skip", fields };
  }
  const fields = {
    ...envelope("tick_end", rootId, tick_index, trigger),
    duration_ms,
    outcome,
    ...(error === undefined ? {} : { error }),
    ...(sync === undefined ? {} : { sync }),
  };
  return { level: outcome === "error" ? "error" : sync?.held ? "warn" : "info", event: "tick_end", fields };
}

function envelope(event: TickLine["event"], rootId: string, index: number, trigger: Trigger): Record<string, unknown> {
  return { schema_version: 1, event, root_id: rootId, tick_index: index, trigger };
}

/** The record as a history may hold it: short lists, short texts. */
export function forHistory(record: TickRecord): TickRecord {
  const { error, detail, sync, ...rest } = record;
  return {
    ...rest,
    ...(error === undefined ? {} : { error: short(error) }),
    ...(detail === undefined ? {} : { detail: short(detail) }),
    ...(sync === undefined ? {} : { sync: shortReport(sync) }),
  };
}

function shortReport(report: SyncReport): SyncReport {
  const { conflicts, problems, plan, held, ...rest } = report;
  return {
    ...rest,
    conflicts: conflicts.slice(0, MOST_LISTED).map(short),
    problems: problems.slice(0, MOST_LISTED).map(({ path, message }) => ({ path: short(path), message: short(message) })),
    held: held === null ? null : shortHeld(held),
    ...(plan === undefined
      ? {}
      : {
          plan: plan
            .slice(0, MOST_LISTED)
            .map(({ action, path, from }) => ({ action, path: short(path), ...(from === undefined ? {} : { from: short(from) }) })),
        }),
  };
}

function shortHeld({ paths, ...held }: Held): Held {
  const listed = paths === undefined ? {} : { paths: paths.slice(0, MOST_LISTED).map(short) };
  return { ...held, reason: short(held.reason), ...listed };
}

/** The first entries of a list, and how many were left out. */
export function firstOf<T>(list: readonly T[]): { readonly list: readonly T[]; readonly left_out?: number } {
  return list.length <= MOST_LISTED ? { list } : { list: list.slice(0, MOST_LISTED), left_out: list.length - MOST_LISTED };
}

export function short(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
}
