import type { Colors } from "picocolors/types.js";
import type { EpochDocument } from "../../epochs/control.js";
import type { Axis, Vote } from "../../epochs/messages.js";
import { phaseOf, type PhaseId } from "../../epochs/phases.js";
import type { SliceState, SliceStatus } from "../../epochs/slice.js";
import type { CastBallot, OpenFinding } from "../../epochs/state.js";
import { formatDuration } from "../../shared/durations.js";

export type Paint = (text: string) => string;

/** `p4 Review`, as people read it everywhere. */
export function phaseLabel(id: PhaseId): string {
  return id === "complete" ? "complete" : `${id} ${phaseOf(id).name}`;
}

export function ballotText(axis: Axis, { vote, reviewer_id, comment }: CastBallot): string {
  return `${axis} ${vote} by ${reviewer_id}${comment === undefined ? "" : `: ${comment}`}`;
}

/** `b2 (slice api): the token is logged`. */
export function findingText({ id, slice_id, description }: OpenFinding): string {
  return `${id}${slice_id === null ? "" : ` (slice ${slice_id})`}${description === "" ? "" : `: ${description}`}`;
}

export function openBlockers({ findings }: EpochDocument): readonly OpenFinding[] {
  return findings.filter(({ severity, resolved_at }) => severity === "BLOCKER" && resolved_at === null);
}

/** `2 of 5 succeeded, 1 running, 2 waiting`. */
export function sliceSummary(slices: readonly SliceStatus[]): string {
  const counts = new Map<SliceState, number>();
  for (const { state } of slices) if (state !== "succeeded") counts.set(state, (counts.get(state) ?? 0) + 1);
  const done = slices.filter(({ state }) => state === "succeeded").length;
  return [`${done} of ${slices.length} succeeded`, ...[...counts].map(([state, count]) => `${count} ${state.replace("_", " ")}`)].join(
    ", ",
  );
}

/** Whole seconds between two moments: `2h05m`. */
export function span(fromIso: string, toMs: number): string {
  const ms = toMs - Date.parse(fromIso);
  return Number.isNaN(ms) ? "-" : formatDuration(Math.max(0, Math.floor(ms / 1000)) * 1000).replace(/^0ms$/, "0s");
}

export function statusColor(status: string, colors: Colors): Paint {
  if (status === "running" || status === "complete") return colors.green;
  return status === "cancelled" ? colors.red : colors.yellow;
}

export function voteColor(vote: Vote, colors: Colors): Paint {
  return vote === "ACCEPT" ? colors.green : colors.yellow;
}

export function sliceColor(state: SliceState, colors: Colors): Paint {
  if (state === "succeeded") return colors.green;
  if (state === "failed" || state === "timed_out" || state === "lost") return colors.red;
  return state === "waiting" || state === "cancelled" ? colors.dim : colors.yellow;
}
