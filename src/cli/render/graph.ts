import type { Colors } from "picocolors/types.js";
import type { GraphDocument } from "../../services/control.js";
import { byName, stateColor } from "./status.js";
import { plain } from "./text.js";

type Node = GraphDocument["services"][number];

/**
 * Who starts first stands at the left edge; below it, indented, what starts after it. A service that waits
 * for several stands below each of them, what follows from it only below the first.
 */
export function renderGraph(services: readonly Node[], colors: Colors): string[] {
  if (services.length === 0) return ["no services"];
  const sorted = services.toSorted(byName);
  const names = new Set(sorted.map((node) => node.name));
  const dependents = new Map<string, Node[]>();
  for (const node of sorted) for (const name of node.after) dependents.set(name, [...(dependents.get(name) ?? []), node]);
  const told = new Set<string>();

  const draw = (node: Node, first: string, rest: string, parent: string | undefined): string[] => {
    const below = dependents.get(node.name) ?? [];
    const again = told.has(node.name) && below.length > 0;
    const line = first + label(node, parent, colors) + (again ? colors.dim("  (see above)") : "");
    if (told.has(node.name)) return [line];
    told.add(node.name);
    return [
      line,
      ...below.flatMap((one, i) => {
        const last = i === below.length - 1;
        return draw(one, `${rest}${last ? "└─ " : "├─ "}`, `${rest}${last ? "   " : "│  "}`, node.name);
      }),
    ];
  };
  const roots = sorted.filter((node) => !node.after.some((name) => names.has(name)));
  const lines = roots.flatMap((node) => draw(node, "", "", undefined));
  // Only a cycle is reached from no root; a graph has none, but nothing may be left out.
  return [...lines, ...sorted.filter((node) => !told.has(node.name)).flatMap((node) => draw(node, "", "", undefined))];
}

function label(node: Node, parent: string | undefined, colors: Colors): string {
  const state = stateColor(node.state, colors)(node.state);
  const wanted = node.desired === "down" ? ", wanted down" : "";
  const edge = parent === undefined ? "" : colors.dim(`  ${node.requires.includes(parent) ? "requires" : "after"} ${plain(parent)}`);
  return `${plain(node.name)}  ${state}${node.state === "stopped" ? "" : wanted}${edge}`;
}
