import type { Content, Entry, Path } from "../../src/sync/entry.js";
import type { Operation, Plan, PlanInput } from "../../src/sync/operations.js";
import { parentOf } from "../../src/sync/path.js";
import { plan } from "../../src/sync/plan.js";
import { entry } from "./entries.js";

/** `null`: gone. */
export type Tree = Readonly<Record<Path, Content | Entry | null>>;

/** Plans from what is on disk to what is wanted; paths of one tree that the other lacks are gone there, or never were. */
export function planned(have: Tree, want: Tree, more: Partial<PlanInput> = {}): Plan {
  const haves = entriesOf(have, 1);
  const wants = entriesOf({ ...Object.fromEntries(Object.keys(have).map((path) => [path, null])), ...want }, 2);
  const input: PlanInput = {
    rows: [...wants].map(([path, entry]) => ({ path, have: haves.get(path) ?? null, want: entry })),
    have: (path) => haves.get(path),
    want: (path) => wants.get(path),
    childrenOf: (path) => [...wants.keys()].filter((one) => parentOf(one) === path),
    filesWith: (hash) => [...haves].filter(([, { content }]) => content.type === "file" && content.hash === hash).map(([path]) => path),
    isIgnored: () => false,
    caseSensitive: true,
    normalizationSensitive: true,
    ...more,
  };
  return plan(input);
}

/** The operations of `planned`, a line each. */
export function lines(have: Tree, want: Tree, more: Partial<PlanInput> = {}): string[] {
  return planned(have, want, more).operations.map(lineOf);
}

export function lineOf(operation: Operation): string {
  const aside = "aside" in operation && operation.aside !== undefined ? `, ${operation.path} aside to ${operation.aside.to}` : "";
  const from = "from" in operation ? `${operation.from} to ` : "";
  return `${operation.op} ${from}${operation.path}${aside}`;
}

function entriesOf(tree: Tree, counter: number): Map<Path, Entry> {
  return new Map(
    Object.entries(tree).map(([path, node]) => {
      if (node !== null && "vector" in node) return [path, node];
      return [path, entry(node ?? { type: "gone" }, { b: counter })];
    }),
  );
}
