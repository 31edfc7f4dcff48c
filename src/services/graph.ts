/** What the dependency graph needs to know of a service. */
export interface Node {
  readonly name: string;
  readonly after: readonly string[];
  readonly requires: readonly string[];
}

export type Graph<N extends Node = Node> = Readonly<Record<string, N>>;

/** The named services with everything they come after or require, directly or not. Unknown names are left out. */
export function withDependencies(graph: Graph, names: Iterable<string>): Set<string> {
  return closure(names, (name) => {
    const node = graph[name];
    return node === undefined ? undefined : [...node.after, ...node.requires];
  });
}

/** The named services with all that require them, directly or not. */
export function withDependents(graph: Graph, names: Iterable<string>): Set<string> {
  const dependents = new Map<string, string[]>();
  for (const node of Object.values(graph)) {
    for (const name of node.requires) append(dependents, name, node.name);
  }
  return closure(names, (name) => (graph[name] === undefined ? undefined : (dependents.get(name) ?? [])));
}

/**
 * Groups names so that each group comes after all it depends on: start groups in order, stop them in reverse.
 * Members of a group are independent of one another. A cycle (refused at load) ends up in the last group.
 */
export function waves(graph: Graph, names: Iterable<string>): string[][] {
  const left = new Set(names);
  const result: string[][] = [];
  while (left.size > 0) {
    const wave = [...left].filter((name) => !(graph[name]?.after ?? []).some((dep) => dep !== name && left.has(dep)));
    const next = wave.length > 0 ? wave : [...left];
    for (const name of next) left.delete(name);
    result.push(next.sort());
  }
  return result;
}

function closure(names: Iterable<string>, next: (name: string) => readonly string[] | undefined): Set<string> {
  const seen = new Set<string>();
  const stack = [...names];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    if (seen.has(name)) continue;
    const more = next(name);
    if (more === undefined) continue;
    seen.add(name);
    stack.push(...more);
  }
  return seen;
}

function append(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
