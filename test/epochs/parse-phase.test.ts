import { describe, expect, it } from "vitest";
import { parseAxis, parsePhase, parseVote } from "../../src/epochs/parse-phase.js";
import { PHASES } from "../../src/epochs/phases.js";

describe("a phase", () => {
  it.each(PHASES.map(({ id, slug, name }) => ({ id, slug, name })))("$id is known in every form", ({ id, slug, name }) => {
    const forms = [
      id,
      id.slice(1),
      slug,
      slug.replaceAll("-", "_"),
      `${id}-${slug}`,
      `${id}_${slug}`,
      name,
      name.toUpperCase(),
      ` ${id.toUpperCase()} `,
    ];
    expect(forms.map(parsePhase)).toEqual(forms.map(() => ({ phase: id })));
  });

  it("may be the end", () => {
    expect(parsePhase("Complete")).toEqual({ phase: "complete" });
  });

  it.each([
    ["uat", "uat is two phases: plan-uat (p5) or impl-uat (p11)"],
    ["proposee", "did you mean propose?"],
    ["code-reveiw", "did you mean code-review?"],
    ["p8-impl-pln", "did you mean p8-impl-plan?"],
    ["p13", "a phase is p1 to p12, its name such as propose, or complete"],
    ["0", "a phase is p1 to p12, its name such as propose, or complete"],
    ["", "a phase is p1 to p12, its name such as propose, or complete"],
    ["constructor", "a phase is p1 to p12, its name such as propose, or complete"],
  ])("%j is none: %s", (text, suggestion) => {
    expect(parsePhase(text)).toEqual({ suggestion });
  });

  it("review is the plan's review", () => {
    expect(parsePhase("review")).toEqual({ phase: "p4" });
  });
});

describe("an axis", () => {
  it("is known by its name and its letter", () => {
    expect(["A", "b", "C", "Correctness", "test-quality", "TEST QUALITY", "elegance"].map(parseAxis)).toEqual(
      ["correctness", "test_quality", "elegance", "correctness", "test_quality", "test_quality", "elegance"].map((axis) => ({ axis })),
    );
    expect(parseAxis("elegnce")).toEqual({
      suggestion: "did you mean elegance? an axis is correctness, test_quality, elegance, or A, B, C",
    });
    expect(parseAxis("constructor")).toHaveProperty("suggestion");
  });
});

describe("a vote", () => {
  it("is ACCEPT or REVISE in any case, and no other word", () => {
    expect([parseVote("accept"), parseVote("Revise")]).toEqual([{ vote: "ACCEPT" }, { vote: "REVISE" }]);
    expect(parseVote("acept")).toEqual({ suggestion: "did you mean ACCEPT? a vote is ACCEPT or REVISE" });
    expect(parseVote("APPROVE")).toEqual({ suggestion: "a vote is ACCEPT or REVISE" });
  });
});
