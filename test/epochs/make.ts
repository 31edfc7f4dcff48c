import { initialEpoch, nextEpoch, type EpochCommand, type Step } from "../../src/epochs/epoch.js";
import { AXES, type Vote } from "../../src/epochs/messages.js";
import type { PhaseId } from "../../src/epochs/phases.js";
import { planSlices } from "../../src/epochs/schedule.js";
import type { PlannedSlice, SliceOutcome, SlicePlan } from "../../src/epochs/slice.js";
import type { EpochState } from "../../src/epochs/state.js";

/** 2026-01-01T00:00:00Z. */
export const START = Date.UTC(2026, 0, 1);

export function slice(id: string, more: Partial<PlannedSlice> = {}): PlannedSlice {
  return {
    id,
    title: id,
    mode: "subprocess",
    command: "true",
    working_dir: "/tmp",
    timeout_s: 300,
    heartbeat_s: 30,
    needs: [],
    retries: 0,
    resources: [],
    host: null,
    ...more,
  };
}

export function plan(slices: readonly PlannedSlice[], more: Partial<SlicePlan> = {}): SlicePlan {
  return { slices, max_parallel: 4, fail_fast: false, ...more };
}

/** An epoch that takes commands a second apart and remembers every step. */
export class Epoch {
  readonly steps: Step[];
  readonly commands: EpochCommand[] = [];

  constructor(slices: SlicePlan | null = null) {
    this.steps = [initialEpoch({ epoch_id: "e1", description: "a request", plan: slices, host: "dev", by: "ann" }, START)];
  }

  get state(): EpochState {
    return this.steps.at(-1)!.state;
  }

  get events(): Step["events"] {
    return this.steps.flatMap((step) => step.events);
  }

  types(): readonly string[] {
    return this.events.map((event) => event.type);
  }

  send(command: EpochCommand): Step {
    const step = nextEpoch(this.state, command, START + this.steps.length * 1000);
    this.commands.push(command);
    this.steps.push(step);
    return step;
  }

  /** An advance by ann, a person; her words only where given. */
  to(to_phase: PhaseId, more: { triggered_by?: string; condition_met?: string } = { triggered_by: "ann" }): Step {
    return this.send({ kind: "advance", message: { to_phase, ...more } });
  }

  vote(axis: (typeof AXES)[number], vote: Vote, reviewer_id = `r-${axis}`, more: { slice_ids?: string[]; comment?: string } = {}): Step {
    return this.send({ kind: "vote", message: { axis, vote, reviewer_id, ...more } });
  }

  acceptAll(): void {
    for (const axis of AXES) this.vote(axis, "ACCEPT");
  }

  block(slice_id?: string): Step {
    return this.send({ kind: "finding", message: { op: "add", ...(slice_id === undefined ? {} : { slice_id }) } });
  }

  /** Starts what is to be started; their ids. */
  startSlices(): readonly string[] {
    const { start } = planSlices(this.state);
    if (start.length > 0) this.send({ kind: "slices_started", message: { starts: start } });
    return start.map(({ slice_id }) => slice_id);
  }

  end(slice_id: string, outcome: SliceOutcome, reason?: string): Step {
    const { attempt, host } = this.state.slices[slice_id]!;
    const message = { slice_id, attempt, state: "ended", host, outcome, ...(reason === undefined ? {} : { reason }) } as const;
    return this.send({ kind: "slice_report", message });
  }

  /** Runs everything that can run, to its good end. */
  runSlices(): void {
    for (let started = this.startSlices(); started.length > 0; started = this.startSlices()) {
      for (const id of started) this.end(id, "succeeded");
    }
  }

  /** On the straight way, all gates passed, until it is in `phase`. */
  walk(phase: PhaseId): this {
    for (const [from, to] of STRAIGHT) {
      if (this.state.phase === phase) return this;
      if (this.state.phase !== from) continue;
      if (from === "p4" || from === "p10") this.acceptAll();
      if (from === "p9") this.runSlices();
      const { reply } = this.to(to);
      if (!reply.success) throw new Error(reply.refused.join("; "));
    }
    return this;
  }
}

const STRAIGHT: readonly (readonly [PhaseId, PhaseId])[] = [
  ["p1", "p2"],
  ["p2", "p3"],
  ["p3", "p4"],
  ["p4", "p5"],
  ["p5", "p6"],
  ["p6", "p7"],
  ["p7", "p8"],
  ["p8", "p9"],
  ["p9", "p10"],
  ["p10", "p11"],
  ["p11", "p12"],
  ["p12", "complete"],
];
