import { describe, expect, it } from "vitest";
import { checkFiles } from "../../src/services/spec/check.js";
import { findCycles } from "../../src/services/spec/set.js";
import { host } from "./host.js";

function spec(name: string, more = ""): string {
  return `service: {name: ${name}, type: native, command: "true"}\n${more}`;
}

function after(...names: string[]): string {
  return `dependencies:\n  after: [${names.join(", ")}]\n`;
}

/** The errors of each file of a set, by file name. */
function check(files: Readonly<Record<string, string>>, beside: Readonly<Record<string, string>> = {}): Record<string, readonly string[]> {
  const list = (map: Readonly<Record<string, string>>) => Object.entries(map).map(([name, text]) => ({ file: `/s/${name}`, text }));
  const rows = checkFiles(list(files), host, list(beside));
  return Object.fromEntries(rows.map(({ file, errors }) => [file.slice(3), errors]));
}

describe("a set of spec files", () => {
  it("is good when names, ports and dependencies fit together", () => {
    expect(check({ "a.yaml": spec("a", after("b") + "network: {port: 80}\n"), "b.yaml": spec("b", "network: {port: 81}\n") })).toEqual({
      "a.yaml": [],
      "b.yaml": [],
    });
  });

  it("names both files of a duplicate name", () => {
    expect(check({ "a.yaml": spec("a"), "b.yml": spec("a") })).toEqual({
      "a.yaml": ["a.yaml:1: service.name: a: is also the name of the service in b.yml; rename or remove one"],
      "b.yml": ["b.yml:1: service.name: a: is also the name of the service in a.yaml; rename or remove one"],
    });
  });

  it("suggests the nearest name for an unknown dependency, at its own line", () => {
    const text = spec("a", "dependencies:\n  after:\n    - redis\n    - postgrse\n");
    expect(check({ "a.yaml": text, "p.yaml": spec("postgres"), "r.yaml": spec("redis") })["a.yaml"]).toEqual([
      "a.yaml:5: dependencies.after: postgrse: no such service; did you mean postgres?",
    ]);
    expect(check({ "a.yaml": spec("a", after("zookeeper")) })["a.yaml"]).toEqual([
      "a.yaml:3: dependencies.after: zookeeper: no such service; add its spec, or remove it here",
    ]);
  });

  it("prints a cycle from each of its services", () => {
    const rows = check({
      "a.yaml": spec("a", after("b")),
      "b.yaml": spec("b", after("c")),
      "c.yaml": spec("c", after("a")),
      "d.yaml": spec("d", after("a")),
    });
    expect(rows).toEqual({
      "a.yaml": ["a.yaml:3: dependencies.after: b: the dependencies form a cycle: a -> b -> c -> a; remove one of them"],
      "b.yaml": ["b.yaml:3: dependencies.after: c: the dependencies form a cycle: b -> c -> a -> b; remove one of them"],
      "c.yaml": ["c.yaml:3: dependencies.after: a: the dependencies form a cycle: c -> a -> b -> c; remove one of them"],
      "d.yaml": [],
    });
  });

  it("finds two services on one fixed port, but not on port 0, nor a watched external one", () => {
    const external = "service: {name: x, type: external}\nnetwork: {port: 80}\nhealth: {type: tcp}\n";
    const rows = check({
      "a.yaml": spec("a", "network: {port: 80}\n"),
      "b.yaml": spec("b", "network: {port: 80}\n"),
      "c.yaml": spec("c", "network: {port: 0}\n"),
      "d.yaml": spec("d", "network: {port: 0}\n"),
      "x.yaml": external,
    });
    expect(rows).toEqual({
      "a.yaml": ["a.yaml:2: network.port: 80: is also the port of b (b.yaml); choose another port, or 0 for a free one"],
      "b.yaml": ["b.yaml:2: network.port: 80: is also the port of a (a.yaml); choose another port, or 0 for a free one"],
      "c.yaml": [],
      "d.yaml": [],
      "x.yaml": [],
    });
  });

  it("a dependency on a service whose own file is bad is no second error", () => {
    const rows = check({ "a.yaml": spec("a", after("b")), "b.yaml": spec("b", "extra: 1\n") });
    expect(rows["a.yaml"]).toEqual([]);
    expect(rows["b.yaml"]).toHaveLength(1);
  });

  it("one file can be checked against its neighbours, whose own errors are not told", () => {
    expect(check({ "a.yaml": spec("a", after("b")) }, { "b.yaml": spec("b", after("nowhere")) })).toEqual({ "a.yaml": [] });
  });

  it("a row tells the service's name where it can be read", () => {
    const rows = checkFiles(
      [
        { file: "/s/a.yaml", text: spec("a", "x: 1\n") },
        { file: "/s/b.yaml", text: "[" },
      ],
      host,
    );
    expect(rows.map(({ service, ok }) => [service, ok])).toEqual([
      ["a", false],
      [null, false],
    ]);
  });
});

describe("findCycles", () => {
  const graph = (edges: Readonly<Record<string, string>>) =>
    new Map(Object.entries(edges).map(([name, list]) => [name, list.split("")] as const));
  it.each([
    [{ a: "", b: "a", c: "ab" }, []],
    [{ a: "b", b: "a" }, [["a", "b"]]],
    [
      { a: "b", b: "a", c: "d", d: "c", e: "ac" },
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [{ z: "y", y: "x", x: "y" }, [["x", "y"]]],
    [{ a: "?" }, []],
  ])("%j has %j", (edges, cycles) => {
    expect(findCycles(graph(edges as Record<string, string>))).toEqual(cycles);
  });

  it("ends soon on a long chain and a large ring", () => {
    const ring = new Map(Array.from({ length: 2000 }, (_, i) => [`s${i}`, [`s${(i + 1) % 2000}`]] as const));
    expect(findCycles(ring)[0]).toHaveLength(2000);
  });
});
