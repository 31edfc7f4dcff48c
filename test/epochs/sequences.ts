import fc from "fast-check";
import type { EpochCommand } from "../../src/epochs/epoch.js";
import { AXES, SEVERITIES, VOTES } from "../../src/epochs/messages.js";
import { PHASE_IDS, ROLES } from "../../src/epochs/phases.js";
import { planSlices } from "../../src/epochs/schedule.js";
import type { PlannedSlice, SlicePlan } from "../../src/epochs/slice.js";
import { edgesFrom } from "../../src/epochs/transitions.js";
import { plan, slice, type Epoch } from "./make.js";

/** What somebody sets out to do; what it means is seen when its turn comes. */
export type Intent =
  | { readonly do: "send"; readonly command: EpochCommand }
  /** The forward way, or the one back, by whoever. */
  | { readonly do: "go"; readonly back: boolean; readonly who: string; readonly words: string }
  | { readonly do: "accept" }
  | { readonly do: "slices"; readonly pick: number; readonly outcome: "succeeded" | "failed" | "timed_out" | "running" | "lost" };

const SLICES = ["a", "b", "c", "d", "e"];
const WHO = ["", "ann", "bob", ...ROLES, "s1", "s2"];
const maybe = <T>(values: fc.Arbitrary<T>, key: string): fc.Arbitrary<Record<string, T>> =>
  fc.oneof(
    fc.constant({}),
    values.map((value) => ({ [key]: value })),
  );
const id = fc.constantFrom(...SLICES, "z");
const by = maybe(fc.constantFrom(...WHO), "by");

const found: fc.Arbitrary<EpochCommand> = message(
  "finding",
  fc.record({ op: fc.constantFrom("add", "resolve") }),
  maybe(fc.constantFrom(...SEVERITIES), "severity"),
  maybe(id, "slice_id"),
  maybe(fc.constantFrom("b1", "b2", "x"), "id"),
  by,
);

/** Every message there is, wrong ones too. */
const command: fc.Arbitrary<EpochCommand> = fc.oneof(
  found,
  found,
  found,
  message(
    "advance",
    fc.record({ to_phase: fc.constantFrom(...PHASE_IDS, "p13") }),
    maybe(fc.constantFrom(...WHO), "triggered_by"),
    maybe(fc.constantFrom("", "yes"), "condition_met"),
  ),
  message(
    "vote",
    fc.record({
      axis: fc.constantFrom(...AXES),
      vote: fc.constantFrom(...VOTES, "OK"),
      reviewer_id: fc.constantFrom("r1", "r2", "r3", "s1"),
    }),
    maybe(fc.array(id, { maxLength: 3 }), "slice_ids"),
  ),
  message("answer", fc.record({ answer: fc.constantFrom("yes", "no", ""), answered_by: fc.constantFrom("ann", "bob") })),
  message("register_session", fc.record({ session_id: fc.constantFrom("s1", "s2"), role: fc.constantFrom(...ROLES) })),
  message("end_session", fc.record({ session_id: fc.constantFrom("s1", "s2", "s3") })),
  message("complete_slice", fc.record({ slice_id: id, success: fc.boolean() }), by),
  message("retry_slice", fc.record({ slice_id: id })),
  message("move_slice", fc.record({ slice_id: id, to_host: fc.constantFrom("dev", "spare") })),
  message(
    "slice_progress",
    fc.record({ slice_id: id, leaf_task_id: fc.constantFrom("L1", "L2"), stage_name: fc.constant("code"), completed: fc.boolean() }),
    by,
  ),
  message(
    "slice_report",
    fc.record({
      slice_id: id,
      attempt: fc.integer({ min: 0, max: 3 }),
      state: fc.constantFrom("running", "lost", "ended"),
      host: fc.constant("dev"),
      outcome: fc.constantFrom("succeeded", "failed", "cancelled"),
    }),
  ),
);

function message(kind: EpochCommand["kind"], ...parts: readonly fc.Arbitrary<object>[]): fc.Arbitrary<EpochCommand> {
  return fc.tuple(...parts).map((fields) => ({ kind, message: Object.assign({}, ...(fields as object[])) as object }) as EpochCommand);
}

const go: fc.Arbitrary<Intent> = fc.record({
  do: fc.constant("go" as const),
  back: fc.constantFrom(false, false, false, true),
  who: fc.constantFrom("ann", "ann", "bob", "", "epoch", "architect", "s1"),
  words: fc.constantFrom("", "yes, do it"),
});

const slices: fc.Arbitrary<Intent> = fc.record({
  do: fc.constant("slices" as const),
  pick: fc.nat(9),
  outcome: fc.constantFrom("succeeded", "succeeded", "succeeded", "failed", "timed_out", "running", "lost"),
});

/** Long enough for the whole way and back again; now and then the epoch is cancelled. */
export const intents: fc.Arbitrary<readonly Intent[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: go },
    { weight: 5, arbitrary: fc.constant<Intent>({ do: "accept" }) },
    { weight: 8, arbitrary: slices },
    { weight: 8, arbitrary: command.map((sent): Intent => ({ do: "send", command: sent })) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...Array<string>(9).fill(""), "enough")
        .map((reason): Intent => ({ do: "send", command: { kind: "cancel", message: { reason } } })),
    },
  ),
  { minLength: 20, maxLength: 120, size: "max" },
);

const order: fc.Arbitrary<Intent> = fc
  .oneof(
    message("complete_slice", fc.record({ slice_id: fc.constantFrom("a", "b", "c"), success: fc.boolean() })),
    message("retry_slice", fc.record({ slice_id: fc.constantFrom("a", "b", "c") })),
    message("move_slice", fc.record({ slice_id: fc.constantFrom("a", "b", "c"), to_host: fc.constantFrom("dev", "spare") })),
  )
  .map((sent) => ({ do: "send", command: sent }));

/** The life of slices: much is started, reported, told, retried and moved; the epoch moves on now and then. */
export const labours: fc.Arbitrary<readonly Intent[]> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: slices },
    { weight: 8, arbitrary: order },
    { weight: 1, arbitrary: go },
    { weight: 1, arbitrary: command.map((sent): Intent => ({ do: "send", command: sent })) },
  ),
  { minLength: 10, maxLength: 60, size: "max" },
);

/** Slices need earlier ones only, so that a plan is never a circle. */
export const plans: fc.Arbitrary<SlicePlan> = fc
  .record({
    shapes: fc.array(
      fc.record({
        needs: fc.nat(31),
        retries: fc.nat(2),
        resources: fc.subarray(["db", "port"]),
        mock: fc.constantFrom(false, false, false, true),
      }),
      { minLength: 1, maxLength: SLICES.length },
    ),
    max_parallel: fc.integer({ min: 1, max: 3 }),
    fail_fast: fc.boolean(),
  })
  .map(({ shapes, max_parallel, fail_fast }) => plan(shapes.map(planned), { max_parallel, fail_fast }));

function planned(shape: { needs: number; retries: number; resources: string[]; mock: boolean }, index: number): PlannedSlice {
  const { needs, retries, resources, mock } = shape;
  return slice(SLICES[index]!, {
    needs: SLICES.slice(0, index).filter((_, other) => (needs & (1 << other)) !== 0),
    retries,
    resources,
    ...(mock ? { mode: "mock" as const, command: null } : {}),
  });
}

/** Carries out one intent; `onStart` is told of every slice that is started. */
export function pursue(epoch: Epoch, intent: Intent, onStart: (id: string) => void = () => {}): void {
  switch (intent.do) {
    case "send":
      epoch.send(intent.command);
      return;
    case "accept":
      epoch.acceptAll();
      return;
    case "go": {
      const way = edgesFrom(epoch.state.phase).find(({ backward }) => backward === intent.back) ?? edgesFrom(epoch.state.phase)[0];
      if (way !== undefined) epoch.to(way.to, { triggered_by: intent.who, condition_met: intent.words });
      return;
    }
    case "slices":
      for (const { slice_id } of planSlices(epoch.state).start) onStart(slice_id);
      epoch.startSlices();
      report(epoch, intent.pick, intent.outcome);
  }
}

/** Some active slice tells something; one that is to be stopped ends cancelled. */
function report(epoch: Epoch, pick: number, outcome: "succeeded" | "failed" | "timed_out" | "running" | "lost"): void {
  const living = Object.values(epoch.state.slices).filter(
    (each) => ["starting", "running", "lost"].includes(each.state) || each.stopping !== undefined,
  );
  const chosen = living[pick % Math.max(1, living.length)];
  if (chosen === undefined) return;
  const { id: slice_id, attempt, host } = chosen;
  if (outcome === "running" || outcome === "lost")
    epoch.send({ kind: "slice_report", message: { slice_id, attempt, host, state: outcome } });
  else epoch.end(slice_id, chosen.stopping === undefined ? outcome : "cancelled");
}
