import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CONSTRAINTS } from "../../src/epochs/constraints/table.js";
import { PHASES, phaseOf } from "../../src/epochs/phases.js";
import { EDGES } from "../../src/epochs/transitions.js";

const page = readFileSync(new URL("../../docs/design/epochs.md", import.meta.url), "utf8");

/** Rows of the table under a heading, cells trimmed, without its head. */
function table(heading: string): readonly string[][] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

interface Drawn {
  readonly from: string;
  readonly to: string;
  readonly gates: readonly string[];
}

/** The edges of the drawing: ▼ leads to the phase below, a line to the right leads up its column and back to ◀. */
function drawnEdges(lines: readonly string[]): readonly Drawn[] {
  const edges: Drawn[] = [];
  const phaseAt = (row: number): string | undefined => /^\s*(p\d+|complete)\b/.exec(lines[row] ?? "")?.[1];
  const phases = lines.flatMap((_, row) => (phaseAt(row) === undefined ? [] : [row]));
  for (const [index, row] of phases.entries()) {
    const below = phases[index + 1];
    if (below !== undefined) {
      const gates = /▼\s*([a-z, ]*)/.exec(lines.slice(row + 1, below).join("\n"))?.[1]?.trim() ?? "missing";
      edges.push({ from: phaseAt(row)!, to: phaseAt(below)!, gates: gates === "" ? [] : gates.split(", ") });
    }
    const corner = lines[row]!.indexOf("┘");
    if (corner >= 0) edges.push({ from: phaseAt(row)!, to: phaseAt(top(lines, row, corner)) ?? "nowhere", gates: [] });
  }
  return edges;
}

/** Where the line ends that goes up from a corner; -1 when it is broken. */
function top(lines: readonly string[], row: number, column: number): number {
  let at = row - 1;
  while (lines[at]?.[column] === "│") at -= 1;
  const left = lines[at]?.slice(0, column + 1) ?? "";
  return /◀[─┬]*[┐┬]$/.test(left) ? at : -1;
}

describe("docs/design/epochs.md", () => {
  it("draws the edges of the protocol with their gates, and no others", () => {
    const drawing = /^```\n([\s\S]*?p1 {2}[\s\S]*?)^```/m.exec(page)?.[1]?.split("\n") ?? [];
    const meant = EDGES.map(({ from, to, gates, backward }) => ({
      from,
      to,
      gates: backward ? [] : [...gates, ...(phaseOf(from).userGate ? ["user"] : [])],
    }));
    const order = (a: Drawn, b: Drawn) => `${a.from} ${a.to}`.localeCompare(`${b.from} ${b.to}`);
    expect(drawnEdges(drawing).toSorted(order)).toEqual(meant.toSorted(order));
  });

  it("names the phases with their owners as the code has them", () => {
    const meant = PHASES.map(({ id, name, domain, owners, lead, substeps }) => [
      id,
      name,
      domain,
      owners
        .filter((owner) => owner !== "epoch")
        .map((owner) => (owner === lead ? `**${owner}**` : owner))
        .join(", "),
      substeps.map((step) => `${step.id} ${step.type}${step.instances === "one" ? "" : ` × ${step.instances}`}`).join(", "),
    ]);
    expect(table("Phases")).toEqual(meant);
  });

  it("tells of every constraint what the code tells", () => {
    const meant = CONSTRAINTS.map(({ id, given, when, must, not, check, note }) => [
      `\`${id}\``,
      given,
      when,
      must,
      not,
      check === null ? `*left out*: ${note}` : note,
    ]);
    expect(table("Constraints")).toEqual(meant);
  });

  it("says how many constraints are checked", () => {
    const checked = CONSTRAINTS.filter(({ check }) => check !== null).length;
    expect(page).toContain(`${checked} of the ${CONSTRAINTS.length} are checked`);
  });
});
