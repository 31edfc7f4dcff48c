import type { AuditDraft } from "./audit.js";
import type { SliceProgress, SliceReport } from "./messages.js";
import { isFinal, plannedSlice } from "./schedule.js";
import { sliceOf, unknownSlices } from "./slice-lookup.js";
import type { SliceOutcome, SlicePlan, SliceStatus } from "./slice.js";
import type { EpochState } from "./state.js";
import { accepted, draft, iso, newest, refused, type Outcome, type SlicesStarted } from "./step.js";

const PROGRESS_KEPT = 500;

/**
 * States of a slice: waiting ─▶ starting ─▶ running ─▶ succeeded | failed | timed_out | cancelled; lost and back while it is
 * active; from a failure to waiting while `retries` last. A final state is left by a retry or a review cycle only.
 */
export function plannedSlices(plan: SlicePlan | null, host: string): EpochState["slices"] {
  return Object.fromEntries((plan?.slices ?? []).map((slice) => [slice.id, freshSlice(slice.id, slice.host ?? host)]));
}

export function freshSlice(id: string, host: string): SliceStatus {
  return {
    id,
    state: "waiting",
    attempt: 0,
    failures: 0,
    cycles: 0,
    host,
    pid: null,
    started_at: null,
    ended_at: null,
    reason: "",
    output: "",
    error: "",
  };
}

export function edited(state: EpochState, id: string, change: SliceStatus): EpochState {
  return { ...state, slices: { ...state.slices, [id]: change } };
}

/** The workflow has carried out what `planSlices` asked for. A start that does not fit the state is ignored. */
export function slicesStarted(state: EpochState, { starts }: SlicesStarted, at: number): Outcome {
  let next = state;
  const events: AuditDraft[] = [];
  for (const { slice_id, attempt, host } of starts) {
    const slice = sliceOf(next, slice_id);
    if (slice === undefined || slice.state !== "waiting" || slice.stopping !== undefined || attempt !== slice.attempt + 1) continue;
    const started = { attempt, host, pid: null, started_at: iso(at), ended_at: null, reason: `starting on ${host}`, output: "", error: "" };
    next = edited(next, slice_id, { ...unmarked(slice), ...started, state: "starting" });
    const mode = plannedSlice(state, slice_id)?.mode ?? "mock";
    events.push(draft(state, "slice_started", host, { slice_id, attempt, host, mode }, "worker"));
  }
  return accepted(next, events);
}

/** What a slice's workflow tells. Of an older attempt, or of one whose end is known: ignored. */
export function sliceReport(state: EpochState, report: SliceReport, at: number): Outcome {
  const slice = sliceOf(state, report.slice_id);
  if (slice === undefined || slice.attempt !== report.attempt || slice.state === "waiting") return accepted(state);
  if (report.state === "ended") return ended(state, slice, report, at);
  if (isFinal(slice.state)) return accepted(state);
  const { host, pid } = report;
  const reason =
    report.state === "running" ? `runs on ${host}${pid === undefined ? "" : `, pid ${pid}`}` : (report.reason ?? `${host} is not heard of`);
  return accepted(edited(state, slice.id, { ...slice, state: report.state, host, pid: pid ?? slice.pid, reason }));
}

function ended(state: EpochState, slice: SliceStatus, report: SliceReport, at: number): Outcome {
  // its outcome was told before, or it is gone with the epoch: this was only the end of its process
  if (isFinal(slice.state)) return accepted(edited(state, slice.id, withoutStop(slice)));
  const outcome = report.outcome ?? "failed";
  const by = report.host;
  if (slice.moves_to !== undefined && outcome !== "succeeded") {
    const moved: SliceStatus = { ...waitingAgain(slice, `moved from ${slice.host}`), host: slice.moves_to };
    return accepted(edited(state, slice.id, moved), [completed(state, slice, "cancelled", by, `moves to ${slice.moves_to}`)]);
  }
  const reason = report.reason ?? outcome;
  const failures = slice.failures + (isFailure(outcome) ? 1 : 0);
  const retries = plannedSlice(state, slice.id)?.retries ?? 0;
  if (isFailure(outcome) && failures <= retries && slice.stopping === undefined && state.status === "running") {
    const left = `attempt ${slice.attempt} ${outcome === "failed" ? "failed" : "timed out"}: ${reason}; retry ${failures} of ${retries}`;
    const again = edited(state, slice.id, { ...waitingAgain(slice, left), failures });
    return accepted(again, [completed(state, slice, outcome, by, reason, { retry: failures, retries })]);
  }
  return finished(state, { ...slice, failures }, outcome, { reason, by, error: outcome === "succeeded" ? "" : reason }, at);
}

/** Sets a final state; a failure under fail-fast cancels the others. Active ones are marked to be ended. */
export function finished(
  state: EpochState,
  slice: SliceStatus,
  outcome: SliceOutcome,
  told: { readonly reason: string; readonly by: string; readonly output?: string; readonly error?: string; readonly stopping?: string },
  at: number,
): Outcome {
  const { reason, by, output = slice.output, error = "", stopping } = told;
  const end: SliceStatus = {
    ...withoutStop(slice),
    state: outcome,
    ended_at: iso(at),
    reason: outcome === "cancelled" && slice.stopping !== undefined ? slice.stopping : reason,
    output,
    error,
    ...(stopping === undefined ? {} : { stopping }),
  };
  const event = completed(state, slice, outcome, by, end.reason);
  const next = edited(state, slice.id, end);
  if (!isFailure(outcome) || state.plan?.fail_fast !== true) return accepted(next, [event]);
  const cancelled = cancelOthers(next, `fail-fast: ${slice.id} ${outcome === "failed" ? "failed" : "timed out"}`, at, slice.id);
  return accepted(cancelled.state, [event, ...cancelled.events]);
}

/** Cancels what waits and marks what is active to be ended. `because`: the slice that failed. */
export function cancelOthers(
  state: EpochState,
  reason: string,
  at: number,
  because?: string,
): { readonly state: EpochState; readonly events: readonly AuditDraft[] } {
  const mark = because === undefined ? {} : { cancelled_by: because };
  let next = state;
  const events: AuditDraft[] = [];
  for (const slice of Object.values(state.slices)) {
    if (slice.id === because || isFinal(slice.state)) continue;
    if (slice.state === "waiting") {
      next = edited(next, slice.id, { ...withoutStop(slice), ...mark, state: "cancelled", ended_at: iso(at), reason });
      events.push(completed(state, slice, "cancelled", "epoch", reason));
    } else {
      const { moves_to: _, ...staying } = slice;
      next = edited(next, slice.id, { ...staying, ...mark, stopping: reason });
    }
  }
  return { state: next, events };
}

export function sliceProgress(state: EpochState, message: SliceProgress, at: number): Outcome {
  const unknown = unknownSlices(state, [message.slice_id]);
  if (unknown !== null) return refused(state, unknown);
  const { slice_id, leaf_task_id, stage_name, completed: done } = message;
  const record = { slice_id, leaf_task_id, stage_name, completed: done, at: iso(at) };
  return accepted({ ...state, progress: newest([...state.progress, record], PROGRESS_KEPT) });
}

/** Ready for a new attempt; its count of failures stays unless the caller sets it. */
export function waitingAgain(slice: SliceStatus, reason: string): SliceStatus {
  return { ...unmarked(slice), state: "waiting", pid: null, ended_at: null, reason };
}

export function isFailure(outcome: SliceOutcome): boolean {
  return outcome === "failed" || outcome === "timed_out";
}

function completed(
  state: EpochState,
  slice: SliceStatus,
  outcome: SliceOutcome,
  by: string,
  reason: string,
  more: Readonly<Record<string, unknown>> = {},
): AuditDraft {
  return draft(state, "slice_completed", by, { slice_id: slice.id, attempt: slice.attempt, outcome, reason, ...more }, "worker");
}

function withoutStop(slice: SliceStatus): SliceStatus {
  const { stopping: _stopping, moves_to: _moves, ...rest } = slice;
  return { ...rest, pid: null };
}

function unmarked(slice: SliceStatus): SliceStatus {
  const { cancelled_by: _, ...rest } = withoutStop(slice);
  return rest;
}
