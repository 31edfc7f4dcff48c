import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { beforeEach, describe, expect, it } from "vitest";
import { renderWatch } from "../../src/cli/render/epoch-watch.js";
import type { PhaseId } from "../../src/epochs/phases.js";
import { FakeEpochs } from "../support/fake-epochs.js";
import { planOf } from "../support/plans.js";

let epochs: FakeEpochs;

beforeEach(async () => {
  epochs = new FakeEpochs();
  const slices = Array.from({ length: 20 }, (_, at) => ({
    id: `slice-${at}-with-a-name-that-is-longer-than-its-column`,
    mode: "subprocess" as const,
    command: "make",
  }));
  await epochs.start({ epoch_id: "demo", description: "", plan: { ...planOf(...slices), max_parallel: 20 }, by: "ann" });
});

async function goTo(phase: PhaseId): Promise<void> {
  const way: PhaseId[] = ["p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "complete"];
  for (const to_phase of way.slice(0, way.indexOf(phase) + 1)) {
    if (to_phase === "p10") {
      for (const { id } of (await epochs.state("demo")).slices) epochs.end("demo", id, "succeeded");
    }
    if (to_phase === "p5" || to_phase === "p11") {
      for (const axis of ["correctness", "test_quality", "elegance"] as const) {
        await epochs.vote("demo", { axis, vote: "ACCEPT", reviewer_id: `r-${axis}` });
      }
    }
    await epochs.advance("demo", { to_phase, triggered_by: "ann", condition_met: "yes" });
  }
}

async function picture(width = 80, rows = 40, isColorful = false): Promise<string[]> {
  const document = await epochs.state("demo");
  const now = Date.parse(document.started_at) + 3_725_000;
  return renderWatch(document, await epochs.audit("demo", {}), { colors: pc.createColors(isColorful), width, rows, now });
}

describe("the picture of an epoch", () => {
  it.each(["p1", "p4", "p9", "p10", "p12", "complete"] as const)("in %s is no wider than the terminal, coloured or not", async (phase) => {
    await goTo(phase);
    await epochs.vote("demo", { axis: "elegance", vote: "REVISE", reviewer_id: "carla", comment: "so ".repeat(60) });
    await epochs.finding("demo", { op: "add", description: "too long to be shown in any line of a terminal ".repeat(3) });
    await epochs.advance("demo", { to_phase: "p3", triggered_by: "worker" });
    for (const width of [80, 60, 120]) {
      const plain = await picture(width);
      expect(Math.max(...plain.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect((await picture(width, 40, true)).map(stripVTControlCharacters)).toEqual(plain);
    }
  });

  it("begins with what it is, where it is and how long it runs", async () => {
    await goTo("p4");
    const [head, bar] = await picture();
    expect(head).toBe("demo  running 1h02m");
    expect(bar).toBe("p1✓ p2✓ p3✓ [p4 Review] p5 p6 p7 p8 p9 p10 p11 p12");
  });

  it("shows votes, blockers, what is missing and the last refusal", async () => {
    await goTo("p10");
    await epochs.vote("demo", { axis: "elegance", vote: "REVISE", reviewer_id: "carla" });
    await epochs.finding("demo", { op: "add", description: "it leaks" });
    await epochs.advance("demo", { to_phase: "p11", triggered_by: "ann" });
    const lines = await picture();
    expect(lines).toContain("Votes     correctness -   test_quality -   elegance REVISE");
    expect(lines).toContain("Blockers  b1: it leaks");
    expect(lines.find((line) => line.startsWith("Missing"))).toMatch(/^Missing +consensus gate: REVISE stands on elegance/);
    expect(lines.find((line) => line.startsWith("Error"))).toMatch(/^Error +consensus gate: /);
    expect(lines.at(-1)).toMatch(/C-|refused/);
  });

  it("shows the slices that matter most of many, and always some of the last events", async () => {
    await goTo("p9");
    for (const { id } of (await epochs.state("demo")).slices.slice(0, 15)) epochs.end("demo", id, "succeeded");
    epochs.end("demo", "slice-15-with-a-name-that-is-longer-than-its-column", "failed", "exited 2");
    const lines = await picture(80, 24);
    expect(lines).toContain("Slices    15 of 20 succeeded, 1 failed, 4 running");
    const slices = lines.filter((line) => line.startsWith("  slice-"));
    expect(slices).toHaveLength(8);
    expect((await picture(80, 60)).filter((line) => line.startsWith("  slice-"))).toHaveLength(12);
    expect(lines.length).toBeLessThan(24);
    expect(slices.slice(0, 5).map((line) => /running|failed/.exec(line)?.[0])).toEqual([
      "running",
      "running",
      "running",
      "running",
      "failed",
    ]);
    expect(lines.at(-1)).toMatch(/^\d\d:\d\d:\d\d {2}p9 +slice slice-15-.*…$/);
  });
});
