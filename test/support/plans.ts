import type { PlannedSlice, SlicePlan } from "../../src/epochs/slice.js";

/** A plan of mock slices, with what a test needs to be otherwise. */
export function planOf(...slices: readonly (Partial<PlannedSlice> & { readonly id: string })[]): SlicePlan {
  const planned = slices.map((slice): PlannedSlice => ({
    title: slice.id,
    mode: "mock",
    command: null,
    working_dir: "/",
    timeout_s: 300,
    heartbeat_s: 30,
    needs: [],
    retries: 0,
    resources: [],
    host: null,
    ...slice,
  }));
  return { slices: planned, max_parallel: 4, fail_fast: false };
}
