import type { SliceStatus } from "./slice.js";
import type { EpochState } from "./state.js";
import { listed } from "./step.js";

const SHOWN = 8;

export function sliceOf(state: EpochState, id: string): SliceStatus | undefined {
  return Object.hasOwn(state.slices, id) ? state.slices[id] : undefined;
}

export function unknownSlice(state: EpochState, id: string): string {
  const known = Object.keys(state.slices);
  const names = known.length > SHOWN ? `${known.slice(0, SHOWN).join(", ")}, …` : listed(known);
  return known.length === 0
    ? `no slice ${id}: the epoch has no plan; start one with --slices`
    : `no slice ${id} in the plan; known: ${names}`;
}

/** In a line, when a name is not of the plan; without a plan names are free. */
export function unknownSlices(state: EpochState, ids: readonly string[]): string | null {
  const wrong = ids.find((id) => sliceOf(state, id) === undefined);
  return wrong === undefined || state.plan === null ? null : unknownSlice(state, wrong);
}
