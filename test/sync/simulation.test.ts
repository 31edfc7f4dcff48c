import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Device } from "./device.js";
import { type Step, World } from "./world.js";
import { SEED } from "./seed.js";

/** Runs of each property; AURA_TEST_SEEDS=5000 before a change of the rules is believed. */
const RUNS = Number(process.env["AURA_TEST_SEEDS"] ?? 200);

const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(16), fc.nat(40), fc.nat(40), fc.nat(40)) as fc.Arbitrary<Step>, {
  maxLength: 60,
  size: "max",
});

type Options = Device["options"];
const folding: Options = { fold: (path) => path.toLowerCase() };
const ignoring: Options = { isIgnored: (path) => path.split("/").includes("b") };

describe("devices that edit and tell each other in any order", () => {
  it.each<[string, readonly Options[]]>([
    ["two devices", [{}, {}]],
    ["three devices", [{}, {}, {}]],
    ["one that folds names", [{}, folding]],
    ["two that fold names", [folding, folding, {}]],
    ["one that ignores some paths", [{}, ignoring, {}]],
    ["one that only takes", [{}, { mode: "pull" }]],
    ["one that only takes, of three", [{}, {}, { mode: "pull" }]],
  ])(
    "end with the same, and nothing that nobody gave up is lost: %s",
    (_title, options) => {
      fc.assert(
        fc.property(steps, (run) => {
          const world = new World(options);
          world.run(run);
          world.quiet();
          expect(world.problems()).toEqual([]);
        }),
        { numRuns: RUNS, seed: SEED },
      );
    },
    30_000 + RUNS * 100,
  );
});
