import { setTimeout as pause } from "node:timers/promises";
import type { EpochDocument, EpochsControl } from "../../src/epochs/control.js";
import { AXES, type Axis, type Vote } from "../../src/epochs/messages.js";
import type { PhaseId } from "../../src/epochs/phases.js";
import type { SlicePlan } from "../../src/epochs/slice.js";
import type { Reply } from "../../src/epochs/state.js";
import { AuraError } from "../../src/shared/errors.js";
import { planOf } from "./plans.js";

const AGAIN_MS = 50;
/** Between two looks at slices that work; a hundred epochs at once shall not drown in questions. */
const LOOK_MS = [50, 100, 200, 400, 800, 1500] as const;
/** An answer that is not there by then is asked for again, beside the first question: one key, one deed. More patient each time. */
const ANSWER_MS = 6000;
const PATIENCE_MS = 300_000;

type Told = {
  [M in Deed]: { readonly tell: M; readonly message: Omit<Parameters<EpochsControl[M]>[1], "key" | "by">; readonly refused?: boolean };
}[Deed];
type Deed = "advance" | "vote" | "finding" | "answer" | "registerSession" | "endSession";

/** One thing that people and agents do to an epoch, or wait for. */
export type WalkStep = Told | "slices";

function to(phase: PhaseId, triggered_by: string, condition_met = `on to ${phase}`): Told {
  return { tell: "advance", message: { to_phase: phase, triggered_by, condition_met } };
}

/** An advance that its gates have to refuse. */
function refused(phase: PhaseId, triggered_by: string): Told {
  return { tell: "advance", message: { to_phase: phase, triggered_by }, refused: true };
}

function vote(axis: Axis, word: Vote, slice_ids: readonly string[] = []): Told {
  const about = slice_ids.length === 0 ? {} : { slice_ids };
  return { tell: "vote", message: { axis, vote: word, reviewer_id: `reviewer-${axis}`, comment: `${word} of ${axis}`, ...about } };
}

const ACCEPTED = AXES.map((axis) => vote(axis, "ACCEPT"));

/** The twelve steps forward and nothing else. */
export const FORWARD: readonly WalkStep[] = [
  to("p2", "architect"),
  to("p3", "ann"),
  to("p4", "architect"),
  ...ACCEPTED,
  to("p5", "reviewer"),
  to("p6", "ann"),
  to("p7", "architect"),
  to("p8", "architect"),
  to("p9", "supervisor"),
  "slices",
  to("p10", "supervisor"),
  ...ACCEPTED,
  to("p11", "reviewer"),
  to("p12", "ann"),
  to("complete", "supervisor"),
];

/** Over each of the sixteen edges at least once, with everything that an epoch may meet on the way. */
export const ALL_EDGES: readonly WalkStep[] = [
  { tell: "registerSession", message: { session_id: "s-architect", role: "architect", model_harness: "shell", model: "none" } },
  to("p2", "s-architect"),
  refused("p3", "architect"),
  { tell: "answer", message: { question: "Which part?", options: ["all", "some"], answer: "„some“ – no more", answered_by: "ann" } },
  to("p3", "s-architect", ""),
  to("p4", "architect"),
  vote("correctness", "ACCEPT"),
  vote("test_quality", "REVISE"),
  refused("p5", "reviewer"),
  vote("elegance", "ACCEPT"),
  to("p3", "reviewer"),
  to("p4", "architect"),
  ...ACCEPTED,
  to("p5", "reviewer"),
  to("p3", "ann", "no, smaller"),
  to("p4", "architect"),
  vote("elegance", "REVISE"),
  vote("elegance", "ACCEPT"),
  ...ACCEPTED.slice(0, 2),
  to("p5", "reviewer"),
  to("p6", "ann", "yes, like that"),
  to("p7", "architect"),
  { tell: "endSession", message: { session_id: "s-architect", reason: "handed over" } },
  to("p8", "architect"),
  { tell: "registerSession", message: { session_id: "s-worker", role: "worker" } },
  to("p9", "supervisor"),
  "slices",
  to("p10", "supervisor"),
  vote("correctness", "ACCEPT"),
  vote("test_quality", "REVISE", ["left"]),
  { tell: "finding", message: { op: "add", severity: "BLOCKER", slice_id: "right", description: "it leaks" } },
  { tell: "finding", message: { op: "add", severity: "MINOR", description: "a name" } },
  vote("elegance", "ACCEPT"),
  refused("p11", "reviewer"),
  to("p9", "reviewer"),
  "slices",
  { tell: "finding", message: { op: "resolve", id: "b1" } },
  to("p10", "supervisor"),
  ...ACCEPTED,
  to("p11", "reviewer"),
  { tell: "answer", message: { answer: "the colour is wrong", answered_by: "ann" } },
  to("p9", "ann", ""),
  "slices",
  to("p10", "supervisor"),
  { tell: "finding", message: { op: "resolve" } },
  ...ACCEPTED,
  to("p11", "reviewer"),
  to("p12", "ann", "I tried it: good"),
  { tell: "endSession", message: { session_id: "s-worker" } },
  to("complete", "supervisor"),
];

/** Writes two lines into a file of the attempt's own, and a little time between; the first attempt of `right` fails. */
const WORK = 'f="$AURA_SLICE_ID.$AURA_ATTEMPT"; echo began >> "$f"; sleep 0.3; echo ended >> "$f"; [ "$f" != right.1 ]';

/** Four slices that work in the folder: first, then left and right side by side, then last. */
export function workPlan(folder: string): SlicePlan {
  const slice = { mode: "subprocess", command: WORK, working_dir: folder, heartbeat_s: 2 } as const;
  const plan = planOf(
    { ...slice, id: "first" },
    { ...slice, id: "left", needs: ["first"] },
    { ...slice, id: "right", needs: ["first"], retries: 1 },
    { ...slice, id: "last", needs: ["left", "right"] },
  );
  return { ...plan, max_parallel: 2 };
}

/** The same with nothing to run. */
export function mockPlan(): SlicePlan {
  const { slices, ...plan } = workPlan("/");
  return { ...plan, slices: slices.map((slice) => ({ ...slice, mode: "mock", command: null })) };
}

/** Every attempt that a walk over all edges makes, as the files that it leaves. */
export const EFFECTS: Readonly<Record<string, string>> = Object.fromEntries(
  ["first.1", "last.1", "left.1", "left.2", "right.1", "right.2", "right.3"].map((attempt) => [attempt, "began\nended\n"]),
);

export interface WalkOptions {
  readonly id: string;
  readonly plan: SlicePlan;
  readonly steps: readonly WalkStep[];
  /** Whom to ask; looked up anew for each attempt. */
  readonly control: () => EpochsControl;
}

/** Carries an epoch through its steps, whatever happens to those who are asked: each message is repeated until it is answered. */
export class EpochWalk {
  readonly replies: Reply[] = [];
  /** Answered messages. */
  acknowledged = 0;
  /** Questions that were not answered and had to be asked again. */
  repeated = 0;
  private next = 0;

  constructor(readonly options: WalkOptions) {}

  /** Up to the end, or as far as `before` says: the step that it names is left for the next call. */
  async run(before: (step: WalkStep) => boolean = () => false): Promise<void> {
    const { id, plan, steps } = this.options;
    if (this.next === 0) await this.start(id, plan);
    for (; this.next < steps.length; this.next++) {
      const step = steps[this.next]!;
      if (before(step)) return;
      if (step === "slices") await this.slices();
      else await this.tell(step, this.next);
    }
  }

  state(): Promise<EpochDocument> {
    return this.insist((control) => control.state(this.options.id));
  }

  /** The answer, whoever has to be asked how often. */
  async insist<T>(ask: (control: EpochsControl, attempt: number) => Promise<T>): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await inTime(ask(this.options.control(), attempt), attempt * ANSWER_MS);
      } catch (error) {
        const { code } = error as Partial<AuraError>;
        if (code !== undefined && FINAL.includes(code)) throw error;
        if (performance.now() > deadline) throw new Error(`${this.options.id}: no answer for ${PATIENCE_MS} ms`, { cause: error });
        this.repeated += 1;
        await pause(AGAIN_MS);
      }
    }
  }

  private async start(id: string, plan: SlicePlan): Promise<void> {
    await this.insist(async (control, attempt) => {
      try {
        await control.start({ epoch_id: id, description: "a way to log in", plan, by: "ann" });
      } catch (error) {
        // Its first answer was lost on the way.
        if (attempt === 1 || !(error instanceof AuraError) || !error.message.includes("exists already")) throw error;
      }
    });
    this.acknowledged += 1;
  }

  private async tell({ tell, message, refused: expected = false }: Told, at: number): Promise<void> {
    const { id } = this.options;
    // Each method takes the payload of its own kind, which is what stands beside it.
    const deed = tell as "advance";
    const told = { ...message, key: `${id}/${at}`, by: "walk" } as Parameters<EpochsControl["advance"]>[1];
    const reply = await this.insist((control) => control[deed](id, told));
    if (reply.success === expected) throw new Error(`${id}: ${tell} ${JSON.stringify(message)} was answered ${JSON.stringify(reply)}`);
    this.replies.push(reply);
    this.acknowledged += 1;
  }

  private async slices(): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let look = 0; ; look++) {
      const { slices } = await this.state();
      const states = slices.map(({ state }) => state);
      if (states.every((state) => state === "succeeded")) return;
      const failed = states.some((state) => ["failed", "timed_out", "cancelled"].includes(state));
      if (failed || performance.now() > deadline) throw new Error(`${this.options.id}: slices are not done: ${JSON.stringify(slices)}`);
      await pause(LOOK_MS[Math.min(look, LOOK_MS.length - 1)]);
    }
  }
}

const FINAL: readonly string[] = ["usage", "not_found", "refused", "audit_conflict", "unsupported"];

async function inTime<T>(asked: Promise<T>, ms: number): Promise<T> {
  const late = Symbol("late");
  const waiting = new AbortController();
  const clock = pause(ms, late, { signal: waiting.signal }).catch(() => late);
  try {
    const answer = await Promise.race([asked, clock]);
    if (answer === late) throw new Error("no answer in time");
    return answer as T;
  } finally {
    waiting.abort();
    asked.catch(() => {});
  }
}
