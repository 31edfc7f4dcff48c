import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planSlices } from "../../src/epochs/schedule.js";
import type { SlicePlan, SliceStatus } from "../../src/epochs/slice.js";
import type { EpochState } from "../../src/epochs/state.js";
import { Epoch } from "./make.js";
import { labours, plans, pursue, type Intent } from "./sequences.js";

const RUNS = { numRuns: 250 };

/** The plan's slices, worked on from p9 on whatever comes. */
const works = fc.tuple(plans, labours);

/** Calls back after every step with the states before and after it, and before every start with the state it is decided in. */
function work(
  [plan, intended]: readonly [SlicePlan, readonly Intent[]],
  watch: { step?: (after: EpochState, before: EpochState) => void; start?: (state: EpochState, id: string) => void },
): void {
  const epoch = new Epoch(plan).walk("p9");
  for (const intent of intended) {
    const first = epoch.steps.length;
    const before = epoch.state;
    pursue(epoch, intent, (id) => watch.start?.(before, id));
    for (let index = first; index < epoch.steps.length; index += 1) watch.step?.(epoch.steps[index]!.state, epoch.steps[index - 1]!.state);
  }
}

/** May have a process: written down again here, so that the schedule's own idea of it is not taken on trust. */
function living(slice: SliceStatus): boolean {
  return slice.state === "starting" || slice.state === "running" || slice.state === "lost" || slice.stopping !== undefined;
}

function livingIn(state: EpochState): readonly string[] {
  return Object.values(state.slices)
    .filter(living)
    .map(({ id }) => id);
}

describe("the schedule, whatever happens", () => {
  it("never runs more than max_parallel side by side", () => {
    let full = 0;
    fc.assert(
      fc.property(works, (generated) => {
        work(generated, {
          step: (state) => {
            const count = livingIn(state).length;
            if (count === generated[0].max_parallel) full += 1;
            expect(count).toBeLessThanOrEqual(generated[0].max_parallel);
          },
        });
      }),
      RUNS,
    );
    expect(full).toBeGreaterThan(100);
  });

  it("never starts a slice before what it needs has succeeded and is gone", () => {
    let needed = 0;
    fc.assert(
      fc.property(works, (generated) => {
        work(generated, {
          start: (state, id) => {
            for (const need of generated[0].slices.find((slice) => slice.id === id)!.needs) {
              needed += 1;
              expect(state.slices[need]).toMatchObject({ state: "succeeded" });
              expect(state.slices[need]).not.toHaveProperty("stopping");
            }
          },
        });
      }),
      RUNS,
    );
    expect(needed).toBeGreaterThan(100);
  });

  it("never runs two slices that share a resource", () => {
    fc.assert(
      fc.property(works, (generated) => {
        work(generated, {
          step: (state) => {
            const held = generated[0].slices.filter(({ id }) => livingIn(state).includes(id)).flatMap(({ resources }) => resources);
            expect(new Set(held).size).toBe(held.length);
          },
        });
      }),
      RUNS,
    );
  });

  it("cancels the rest on fail-fast, in the step of the failure", () => {
    let failures = 0;
    const failing = works.map(([plan, intended]) => [{ ...plan, fail_fast: true }, intended] as const);
    fc.assert(
      fc.property(failing, (generated) => {
        work(generated, {
          step: (state, before) => {
            const failed = newlyFailed(state, before);
            if (failed === undefined) return;
            failures += 1;
            const others = Object.values(state.slices).filter(({ id }) => id !== failed);
            expect(others.filter((slice) => slice.state === "waiting" || (living(slice) && slice.stopping === undefined))).toEqual([]);
            const { start, stop } = planSlices(state);
            expect(start).toEqual([]);
            expect(stop.map(({ slice_id }) => slice_id).toSorted()).toEqual([...livingIn(state)].toSorted());
          },
        });
      }),
      RUNS,
    );
    expect(failures).toBeGreaterThan(50);
  });

  it("gives every start a new attempt number, one higher than the last", () => {
    fc.assert(
      fc.property(works, (generated) => {
        const attempts = new Map<unknown, number>();
        const epoch = new Epoch(generated[0]).walk("p9");
        for (const intent of generated[1]) pursue(epoch, intent);
        for (const { type, payload } of epoch.events) {
          if (type !== "slice_started") continue;
          expect(payload["attempt"]).toBe((attempts.get(payload["slice_id"]) ?? 0) + 1);
          attempts.set(payload["slice_id"], Number(payload["attempt"]));
        }
      }),
      RUNS,
    );
  });

  it("starts nothing outside of p9, and nothing of an epoch that is over", () => {
    fc.assert(
      fc.property(works, (generated) => {
        work(generated, {
          step: (state) => {
            if (state.phase !== "p9" || state.status !== "running") expect(planSlices(state).start).toEqual([]);
          },
        });
      }),
      RUNS,
    );
  });

  it("brings every plan to its end when all goes well", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const epoch = new Epoch(plan).walk("p10");
        expect(Object.values(epoch.state.slices).map(({ state }) => state)).toEqual(plan.slices.map(() => "succeeded"));
      }),
      RUNS,
    );
  });
});

/** The slice that failed for good in the last step, when the epoch went on. */
function newlyFailed(after: EpochState, before: EpochState): string | undefined {
  if (after.status !== "running") return undefined;
  const failed = (state: EpochState, id: string) => ["failed", "timed_out"].includes(state.slices[id]?.state ?? "");
  return Object.keys(after.slices).find((id) => failed(after, id) && !failed(before, id));
}
