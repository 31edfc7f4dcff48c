import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Graph, waves, withDependencies, withDependents } from "../../src/services/graph.js";
import { acyclic } from "./host-model.js";

const graph: Graph = {
  db: { name: "db", after: [], requires: [] },
  cache: { name: "cache", after: [], requires: [] },
  api: { name: "api", after: ["db", "cache"], requires: ["db"] },
  web: { name: "web", after: ["api"], requires: ["api"] },
};

describe("the dependency graph", () => {
  it("finds what a service needs, and what needs it", () => {
    expect([...withDependencies(graph, ["web"])].sort()).toEqual(["api", "cache", "db", "web"]);
    expect([...withDependencies(graph, ["db", "ghost"])]).toEqual(["db"]);
    expect([...withDependents(graph, ["db"])].sort()).toEqual(["api", "db", "web"]);
    expect([...withDependents(graph, ["cache"])]).toEqual(["cache"]);
  });

  it("groups what may start together", () => {
    expect(waves(graph, Object.keys(graph))).toEqual([["cache", "db"], ["api"], ["web"]]);
  });

  it("looks only at the named services: who comes after something that is not among them is free", () => {
    expect(waves(graph, ["web", "db"])).toEqual([["db", "web"]]);
  });

  it("ends on a cycle, with all of it in one group", () => {
    const cycle: Graph = {
      a: { name: "a", after: ["b"], requires: [] },
      b: { name: "b", after: ["a"], requires: [] },
      c: { name: "c", after: [], requires: [] },
    };
    expect(waves(cycle, ["a", "b", "c"])).toEqual([["c"], ["a", "b"]]);
    expect([...withDependencies(cycle, ["a"])].sort()).toEqual(["a", "b"]);
  });

  it("puts every service of any graph into one group, after all that it depends on, and no later than needed", () => {
    fc.assert(
      fc.property(acyclic(), (nodes) => {
        const result = waves(nodes, Object.keys(nodes));
        const level = new Map(result.flatMap((wave, index) => wave.map((name) => [name, index])));
        expect(result.flat().sort()).toEqual(Object.keys(nodes).sort());
        for (const { name, after } of Object.values(nodes)) {
          expect(level.get(name)).toBe(after.length === 0 ? 0 : 1 + Math.max(...after.map((dep) => level.get(dep)!)));
        }
      }),
    );
  });
});
