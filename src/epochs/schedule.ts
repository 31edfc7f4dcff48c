import type { PlannedSlice, SliceState, SliceStatus } from "./slice.js";
import type { EpochState } from "./state.js";
import { listed } from "./step.js";

export interface SliceStart {
  readonly slice_id: string;
  readonly attempt: number;
  readonly host: string;
}

export interface SliceStop {
  readonly slice_id: string;
  readonly attempt: number;
  readonly reason: string;
}

/** What has to be done so that what should run does. Ask again after every step; the same state gives the same answer. */
export interface SliceSchedule {
  /** In the order of the plan. Each is carried out once the `slices_started` command has told of it. */
  readonly start: readonly SliceStart[];
  /** Asked for until the attempt's end is reported: telling a slice's workflow twice changes nothing. */
  readonly stop: readonly SliceStop[];
}

/** Whether an attempt may have a process: it holds its place among `max_parallel`, and its resources. */
export function isActive(slice: SliceStatus): boolean {
  return ["starting", "running", "lost"].includes(slice.state) || slice.stopping !== undefined;
}

/** Ended for good: only a retry or a review cycle starts it again. */
export function isFinal(state: SliceState): boolean {
  return ["succeeded", "failed", "timed_out", "cancelled"].includes(state);
}

/** The slices in the plan's order, then those that were told without a plan. */
export function orderedSlices(state: Pick<EpochState, "plan" | "slices">): readonly SliceStatus[] {
  const planned = (state.plan?.slices ?? []).map((slice) => slice.id);
  const others = Object.keys(state.slices).filter((id) => !planned.includes(id));
  return [...planned, ...others].flatMap((id) => state.slices[id] ?? []);
}

export function plannedSlice(state: Pick<EpochState, "plan">, id: string): PlannedSlice | undefined {
  return state.plan?.slices.find((slice) => slice.id === id);
}

/** Which slices are to be started and which attempts ended. Starts only in p9 of an epoch that runs. */
export function planSlices(state: EpochState): SliceSchedule {
  const stop = orderedSlices(state).flatMap((slice) =>
    slice.stopping === undefined ? [] : [{ slice_id: slice.id, attempt: slice.attempt, reason: slice.stopping }],
  );
  if (state.status !== "running" || state.phase !== "p9" || state.plan === null) return { start: [], stop };
  const start: SliceStart[] = [];
  const taken = new Set(activePlanned(state).flatMap((slice) => slice.resources));
  let room = state.plan.max_parallel - orderedSlices(state).filter(isActive).length;
  for (const slice of state.plan.slices) {
    const status = state.slices[slice.id]!;
    if (room <= 0 || status.state !== "waiting" || isActive(status) || unmetNeeds(state, slice).length > 0) continue;
    if (slice.resources.some((resource) => taken.has(resource))) continue;
    for (const resource of slice.resources) taken.add(resource);
    room -= 1;
    start.push({ slice_id: slice.id, attempt: status.attempt + 1, host: status.host });
  }
  return { start, stop };
}

/** Why a waiting slice does not run yet, in a line. */
export function waitReason(state: EpochState, slice: PlannedSlice): string {
  if (state.phase !== "p9") return "waits for phase p9";
  const unmet = unmetNeeds(state, slice);
  if (unmet.length > 0) return `needs ${listed(unmet.map((id) => `${id} (${state.slices[id]?.state ?? "unknown"})`))}`;
  const active = activePlanned(state);
  const holder = active.find((other) => other.resources.some((resource) => slice.resources.includes(resource)));
  if (holder !== undefined) {
    const shared = holder.resources.filter((resource) => slice.resources.includes(resource));
    return `waits for ${listed(shared)}, which ${holder.id} holds`;
  }
  return active.length >= (state.plan?.max_parallel ?? 0) ? `waits for room: ${active.length} run at a time` : "is about to start";
}

/** A need is met once it succeeded and nothing of it runs any more. */
function unmetNeeds(state: EpochState, slice: PlannedSlice): readonly string[] {
  return slice.needs.filter((id) => {
    const need = state.slices[id];
    return need?.state !== "succeeded" || isActive(need);
  });
}

function activePlanned(state: EpochState): readonly PlannedSlice[] {
  return (state.plan?.slices ?? []).filter((slice) => {
    const status = state.slices[slice.id];
    return status !== undefined && isActive(status);
  });
}
