import type { CastVote } from "../epochs/messages.js";
import { isReviewPhase, phaseOf } from "../epochs/phases.js";
import { isActive, orderedSlices, plannedSlice, planSlices } from "../epochs/schedule.js";
import type { EpochState } from "../epochs/state.js";
import type { EpochCarried, ReviewInput, SliceInput } from "./epoch-messages.js";

/** One thing to do so that the children that should run do, and know what they should. */
export type Errand =
  | { readonly kind: "start_slice"; readonly child: string; readonly input: SliceInput }
  | { readonly kind: "stop_slice"; readonly child: string; readonly slice_id: string; readonly attempt: number; readonly reason: string }
  /** To be stopped before it was started: there is nobody to tell. */
  | { readonly kind: "skip_slice"; readonly child: string; readonly slice_id: string; readonly attempt: number; readonly reason: string }
  | { readonly kind: "start_review"; readonly child: string; readonly input: ReviewInput }
  | { readonly kind: "tell_votes"; readonly child: string; readonly phase: string; readonly votes: readonly CastVote[] }
  | {
      readonly kind: "end_review";
      readonly child: string;
      readonly phase: string;
      readonly to_phase: string;
      readonly votes: readonly CastVote[];
    };

/**
 * Which children an epoch has, held against which it should have: what to do follows from the difference, so that a lost
 * or repeated step heals by itself.
 */
export class EpochChildren {
  private readonly running: Set<string>;
  private readonly stopping: Set<string>;
  private readonly untold: Map<string, readonly CastVote[]>;

  constructor(carried?: EpochCarried) {
    this.running = new Set(carried?.children);
    this.stopping = new Set(carried?.stopping);
    this.untold = new Map(carried?.untold);
  }

  /** A vote that counts in the round that goes on. */
  voted(state: EpochState, vote: CastVote): void {
    const review = reviewChild(state);
    if (review !== null) this.untold.set(review, [...(this.untold.get(review) ?? []), vote]);
  }

  /** What is to be done now; `begun` is told before it is. */
  errands(state: EpochState): readonly Errand[] {
    return [...this.sliceErrands(state), ...this.reviewErrands(state)];
  }

  /** Counted from here on: what a child tells may be handled before the news that it was started. */
  begun(errand: Errand): void {
    if (errand.kind === "start_slice" || errand.kind === "start_review") this.running.add(errand.child);
    if (errand.kind === "tell_votes" || errand.kind === "end_review") this.untold.delete(errand.child);
    if (errand.kind === "stop_slice" || errand.kind === "skip_slice") this.stopping.add(errand.child);
  }

  /** What a slice's workflow tells of its end. */
  ended(sliceId: string, attempt: number): void {
    this.gone(sliceChild(sliceId, attempt));
  }

  /** Whether the workflow of a slice runs. */
  get busy(): boolean {
    return [...this.running].some((child) => child.startsWith("slice/"));
  }

  gone(child: string): void {
    this.running.delete(child);
    this.stopping.delete(child);
    this.untold.delete(child);
  }

  carried(): Pick<EpochCarried, "children" | "stopping" | "untold"> {
    return { children: [...this.running], stopping: [...this.stopping], untold: [...this.untold] };
  }

  private sliceErrands(state: EpochState): readonly Errand[] {
    const active = orderedSlices(state).filter((slice) => isActive(slice) && plannedSlice(state, slice.id) !== undefined);
    const stops = new Map(planSlices(state).stop.map(({ slice_id, reason }) => [slice_id, reason]));
    const { id: phase, lead: role } = phaseOf("p9");
    const errands = active.flatMap(({ id, attempt, host }): readonly Errand[] => {
      const child = sliceChild(id, attempt);
      const reason = stops.get(id);
      if (this.running.has(child)) return reason === undefined ? [] : this.stop(child, reason);
      if (reason !== undefined) return this.stopping.has(child) ? [] : [{ kind: "skip_slice", child, slice_id: id, attempt, reason }];
      const { epoch_id, started_at: epoch_started_at } = state;
      const input = { epoch_id, epoch_started_at, slice: plannedSlice(state, id)!, attempt, host, phase, role };
      return [{ kind: "start_slice", child, input }];
    });
    return [...errands, ...this.unwanted(new Set(active.map(({ id, attempt }) => sliceChild(id, attempt))), errands)];
  }

  /** Attempts that nobody waits for any more, such as those of a host that is lost: a newer one takes their place, or they are stopped. */
  private unwanted(wanted: ReadonlySet<string>, errands: readonly Errand[]): readonly Errand[] {
    return [...this.running].flatMap((child) => {
      if (!child.startsWith("slice/") || wanted.has(child)) return [];
      const replaced = errands.some((errand) => errand.kind === "start_slice" && errand.input.slice.id === parts(child).id);
      if (replaced) this.gone(child);
      return replaced ? [] : this.stop(child, "nobody waits for it any more");
    });
  }

  private stop(child: string, reason: string): readonly Errand[] {
    const { id, number } = parts(child);
    return this.stopping.has(child) ? [] : [{ kind: "stop_slice", child, slice_id: id, attempt: number, reason }];
  }

  private reviewErrands(state: EpochState): readonly Errand[] {
    const wanted = reviewChild(state);
    const errands: Errand[] = [];
    for (const child of this.running) {
      if (!child.startsWith("review/")) continue;
      const { id: phase } = parts(child);
      const votes = this.untold.get(child) ?? [];
      if (child !== wanted) errands.push({ kind: "end_review", child, phase, to_phase: state.phase, votes });
      else if (votes.length > 0) errands.push({ kind: "tell_votes", child, phase, votes });
    }
    // The next round's review has the id of the one before: that one ends first.
    if (errands.some(({ kind }) => kind === "end_review") || wanted === null || this.running.has(wanted)) return errands;
    if (!isReviewPhase(state.phase)) return errands;
    const input: ReviewInput = { epoch_id: state.epoch_id, phase: state.phase, round: roundOf(state) };
    return [...errands, { kind: "start_review", child: wanted, input }];
  }
}

function parts(child: string): { readonly id: string; readonly number: number } {
  const at = child.lastIndexOf("@");
  return { id: child.slice(child.indexOf("/") + 1, at), number: Number(child.slice(at + 1)) };
}

function sliceChild(id: string, attempt: number): string {
  return `slice/${id}@${attempt}`;
}

function reviewChild(state: EpochState): string | null {
  return state.status === "running" && isReviewPhase(state.phase) ? `review/${state.phase}@${roundOf(state)}` : null;
}

function roundOf(state: EpochState): number {
  return state.visits[state.phase] ?? 1;
}
