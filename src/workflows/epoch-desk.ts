import { initialEpoch, nextEpoch, type EpochCommand, type Step } from "../epochs/epoch.js";
import { phaseOf } from "../epochs/phases.js";
import { planSlices } from "../epochs/schedule.js";
import type { EpochState, Reply } from "../epochs/state.js";
import { EpochChildren, type Errand } from "./epoch-children.js";
import { EpochEvents } from "./epoch-events.js";
import { startOf } from "./epoch-input.js";
import type { EpochCarried, EpochInput, EpochResult } from "./epoch-messages.js";
import { Room } from "./epoch-room.js";

const REMEMBERED_REPLIES = 200;

/** An epoch's state and what messages do to it. Deterministic; every decision is the reducer's. */
export class EpochDesk {
  state: EpochState;
  readonly events: EpochEvents;
  readonly children: EpochChildren;
  /** Counts everything that may call for an errand. */
  changes = 0;
  /** Advances that were taken; the state keeps the newest records only. */
  private advances: number;
  private readonly replies: Map<string, Reply>;
  private readonly room: Room;

  /** `at`: ms since the Unix epoch, of the workflow's clock. */
  constructor(input: EpochInput, at: number) {
    const { carried } = input;
    this.events = new EpochEvents(carried?.events ?? [], carried?.delivered ?? 1);
    this.children = new EpochChildren(carried);
    this.replies = new Map(carried?.replies);
    this.advances = carried?.advances ?? 0;
    if (carried === undefined) {
      const step = initialEpoch(startOf(input), at);
      this.state = step.state;
      this.record(step, "", at);
    } else {
      this.state = carried.state;
    }
    this.room = new Room(this.state);
  }

  get isRunning(): boolean {
    return this.state.status === "running";
  }

  /** Carries a message out, once however often it arrives. */
  take(command: EpochCommand, at: number): Reply {
    const key = keyOf(command);
    const known = key === "" ? undefined : this.replies.get(key);
    if (known !== undefined) return known;
    const reply = this.apply(command, key, at);
    if (key !== "") this.remember(key, reply);
    this.startSlices(at);
    return reply;
  }

  /** Nothing is left to be done for the children. */
  get isDone(): boolean {
    return !this.isRunning && this.errands().length === 0;
  }

  /** A signal that is no message: seen in `last_error`, and nothing else changes. */
  complain(problem: string): void {
    this.state = { ...this.state, last_error: problem };
    this.changes += 1;
  }

  replyTo(key: string): Reply | null {
    return this.replies.get(key) ?? null;
  }

  errands(): readonly Errand[] {
    return this.children.errands(this.state);
  }

  carried(): EpochCarried {
    return {
      state: this.state,
      events: this.events.select(),
      delivered: this.events.delivered,
      replies: [...this.replies],
      advances: this.advances,
      ...this.children.carried(),
    };
  }

  result(): EpochResult {
    const { epoch_id, status, phase, transition_count, violation_count } = this.state;
    return {
      epoch_id,
      status,
      final_phase: phase,
      transition_count,
      successful_transition_count: this.advances,
      constraint_violations_total: violation_count,
    };
  }

  private apply(command: EpochCommand, key: string, at: number): Reply {
    const before = this.state;
    const step = nextEpoch(before, command, at);
    const state = this.room.fit(step.state, command.message);
    if (state === null && command.kind !== "slice_report") return this.full();
    this.state = state ?? step.state;
    this.record(step, key, at);
    if (this.state !== before) this.changes += 1;
    if (command.kind === "slice_report" && command.message.state === "ended")
      this.children.ended(command.message.slice_id, command.message.attempt);
    if (command.kind === "advance" && step.reply.success) this.advances += 1;
    if (command.kind === "vote" && step.reply.success) this.children.voted(this.state, command.message);
    return step.reply;
  }

  /** What the plan lets start now is started: the children follow from the state. */
  private startSlices(at: number): void {
    const { start } = planSlices(this.state);
    if (start.length > 0) this.apply({ kind: "slices_started", message: { starts: start } }, "", at);
  }

  private record({ events, state }: Step, key: string, at: number): void {
    const { epoch_id, phase } = state;
    this.events.add(events, { epoch_id, phase, role: phaseOf(phase).lead, at, key });
  }

  private remember(key: string, reply: Reply): void {
    this.replies.set(key, reply);
    for (const [oldest] of this.replies) {
      if (this.replies.size <= REMEMBERED_REPLIES) return;
      this.replies.delete(oldest);
    }
  }

  private full(): Reply {
    const { phase } = this.state;
    const line = "the epoch is full: it keeps as much as one workflow can; resolve findings, end sessions, or send less text";
    return { success: false, refused: [line], phase, role: phaseOf(phase).lead };
  }
}

function keyOf({ message }: EpochCommand): string {
  const key = (message as { readonly key?: unknown }).key;
  return typeof key === "string" ? key : "";
}
