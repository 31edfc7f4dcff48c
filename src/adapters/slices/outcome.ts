import { constants } from "node:os";
import type { Exit } from "../../services/snapshot.js";
import type { SliceResult } from "../../epochs/slice.js";
import { AuraError } from "../../shared/errors.js";
import { formatDuration } from "../../shared/durations.js";
import type { AttemptRecord } from "./attempt-records.js";

/** Between SIGTERM and SIGKILL. */
export const KILL_AFTER_MS = 5000;
const SIGKILLED = 137;
const MOST_CHARACTERS = 400;

/** How an attempt ended that was being stopped. `stopMs`: how long that took; undefined when an earlier aurad began it. */
export function stopResult(record: AttemptRecord, exit: Exit, stopMs: number | undefined, ms: number, note?: string): SliceResult {
  const { outcome, reason } = record.stopping!;
  const killed = exit.status === SIGKILLED || (stopMs !== undefined && stopMs >= KILL_AFTER_MS);
  const how = killed ? `did not end at SIGTERM, killed after ${formatDuration(KILL_AFTER_MS)}` : "ended at SIGTERM";
  return { outcome, exit_status: exit.status, reason: line(reason, how, note), ms };
}

/** How an attempt ended that was left to itself. */
export function endResult(exit: Exit, ms: number, note?: string): SliceResult {
  if (!exit.known || exit.status === null) {
    return { outcome: "failed", exit_status: null, reason: line("it ended with an unknown exit status", note), ms };
  }
  const outcome = exit.status === 0 ? "succeeded" : "failed";
  return { outcome, exit_status: exit.status, reason: line(`exit status ${exit.status}${meaning(exit.status)}`, note), ms };
}

/** Of one whose end nobody saw: the host went down with it. */
export function rebootResult({ stopping }: AttemptRecord): SliceResult {
  const reason = "the host was rebooted while it ran; nothing of it is left";
  return stopping === null ? failed(reason) : { ...failed(`${stopping.reason}; ${reason}`), outcome: stopping.outcome };
}

/** Nothing of it runs, and nothing will. */
export function failed(reason: string, ms = 0): SliceResult {
  return { outcome: "failed", exit_status: null, reason: line(reason), ms };
}

export function cancelledBeforeStart(reason: string): SliceResult {
  return { outcome: "cancelled", exit_status: null, reason: line(reason, "it had not started and never will"), ms: 0 };
}

/** The one line that says why a program could not be started, and what to do. */
export function startFailure(error: unknown): SliceResult {
  const text =
    error instanceof AuraError ? error.line : `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
  return failed(text);
}

function meaning(status: number): string {
  if (status === 126) return " (a program could not be executed; see its log)";
  if (status === 127) return " (a command was not found; see its log)";
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128);
  return status > 128 && signal !== undefined ? ` (${signal[0]})` : "";
}

function line(...parts: readonly (string | undefined)[]): string {
  const text = parts
    .filter((part) => part !== undefined && part !== "")
    .join("; ")
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
}
