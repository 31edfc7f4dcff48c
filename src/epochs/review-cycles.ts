import type { AuditDraft } from "./audit.js";
import { openFindings } from "./gates.js";
import { AXES } from "./messages.js";
import { isActive, orderedSlices } from "./schedule.js";
import { waitingAgain } from "./slices.js";
import type { EpochState } from "./state.js";
import { draft } from "./step.js";
import type { Edge } from "./transitions.js";

/** Review-fix cycles of one slice; after them the architect decides. */
export const MAX_CYCLES = 3;

export interface ConcernedSlice {
  readonly id: string;
  /** `blocker b1`, `REVISE on elegance`. */
  readonly because: readonly string[];
}

/** Slices with an open BLOCKER, and those that a REVISE vote names. */
export function concernedSlices(state: EpochState): readonly ConcernedSlice[] {
  return orderedSlices(state).flatMap(({ id }) => {
    const blockers = openFindings(state).filter((finding) => finding.severity === "BLOCKER" && finding.slice_id === id);
    const axes = AXES.filter((axis) => state.votes[axis]?.vote === "REVISE" && state.votes[axis].slice_ids?.includes(id));
    const because = [...blockers.map((finding) => `blocker ${finding.id}`), ...axes.map((axis) => `REVISE on ${axis}`)];
    return because.length === 0 ? [] : [{ id, because }];
  });
}

/** Concerned slices that have had all their cycles: they stay as they are. */
export function exhaustedSlices(state: EpochState): readonly ConcernedSlice[] {
  return concernedSlices(state).filter(({ id }) => state.slices[id]!.cycles >= MAX_CYCLES);
}

/** Going back to p9 starts the concerned slices again, each in its next cycle. */
export function reviewCycles(
  state: EpochState,
  { from, to }: Edge,
): { readonly slices: EpochState["slices"]; readonly events: readonly AuditDraft[]; readonly restarted: readonly string[] } {
  const slices = { ...state.slices };
  const events: AuditDraft[] = [];
  if (to !== "p9" || from === "p8") return { slices, events, restarted: [] };
  for (const { id, because } of concernedSlices(state)) {
    const slice = state.slices[id]!;
    if (isActive(slice)) continue;
    if (slice.cycles >= MAX_CYCLES) {
      slices[id] = { ...slice, reason: `had ${MAX_CYCLES} review-fix cycles and goes to the architect: ${because.join(", ")}` };
      continue;
    }
    const cycle = slice.cycles + 1;
    slices[id] = { ...waitingAgain(slice, `review cycle ${cycle} of ${MAX_CYCLES}: ${because.join(", ")}`), cycles: cycle, failures: 0 };
    events.push(draft({ ...state, phase: to }, "review_cycle", "", { slice_id: id, cycle, because, from }));
  }
  return { slices, events, restarted: events.map((event) => String(event.payload["slice_id"])) };
}
