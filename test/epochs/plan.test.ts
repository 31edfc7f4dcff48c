import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { findCycles } from "../../src/epochs/plan/cycles.js";
import { planJsonSchemaText } from "../../src/epochs/plan/json-schema.js";
import { parsePlan } from "../../src/epochs/plan/parse.js";
import { PLAN_KEYS, SLICE_KEYS } from "../../src/epochs/plan/schema.js";
import type { SlicePlan } from "../../src/epochs/slice.js";

const PLACE = { file: "plan.yaml", dir: "/work/repo", home: "/home/me" };

function plan(text: string): SlicePlan {
  const parsed = parsePlan(text, PLACE);
  if ("problems" in parsed) throw new Error(parsed.problems.join("\n"));
  return parsed.plan;
}

function problems(text: string | Uint8Array): readonly string[] {
  const parsed = parsePlan(text, PLACE);
  return "problems" in parsed ? parsed.problems : [];
}

describe("a slice plan", () => {
  it("needs an id and a command a slice, and fills in the rest", () => {
    expect(plan("slices:\n  - {id: build, command: npm run build}\n")).toEqual({
      max_parallel: 4,
      fail_fast: false,
      slices: [
        {
          id: "build",
          title: "build",
          mode: "subprocess",
          command: "npm run build",
          working_dir: "/work/repo",
          timeout_s: 300,
          heartbeat_s: 30,
          needs: [],
          retries: 0,
          resources: [],
          host: null,
        },
      ],
    });
  });

  it("says everything that a slice can have", () => {
    const text = `
max_parallel: 2
fail_fast: true
slices:
  - id: api
    title: The API
    command: [npm, run, "build api", 5, 1.10, yes, null]
    working_dir: ../api
    mode: tmux
    timeout: 1h30m
    heartbeat: 45
    retries: 2
    resources: [gpu, "port:8080"]
    host: tower
    path: src/api
    leaves: [L1, L2, 3]
  - id: docs
    mode: mock
    command: make docs
    working_dir: ~/docs
    timeout: 1.5
    needs: [api]
`;
    const { slices, ...rest } = plan(text);
    expect(rest).toEqual({ max_parallel: 2, fail_fast: true });
    expect(slices[0]).toEqual({
      id: "api",
      title: "The API",
      command: ["npm", "run", "build api", "5", "1.10", "yes", "null"],
      working_dir: "/work/api",
      mode: "tmux",
      timeout_s: 5400,
      heartbeat_s: 45,
      needs: [],
      retries: 2,
      resources: ["gpu", "port:8080"],
      host: "tower",
      path: "src/api",
      leaves: ["L1", "L2", "3"],
    });
    expect(slices[1]).toMatchObject({ mode: "mock", command: null, working_dir: "/home/me/docs", timeout_s: 1.5, needs: ["api"] });
  });

  it.each<[text: string, ...lines: string[]]>([
    ["", "plan.yaml: the file is empty; write a slices: list"],
    ["# nothing\n", "plan.yaml: the file is empty; write a slices: list"],
    ["- a\n", "plan.yaml:1: is not a map of keys; start with slices:"],
    ["slices: [\n", "plan.yaml:1: the indentation does not fit, or a bracket is not closed; align it with the keys beside it"],
    ["slices: []\n", "plan.yaml:1: slices: has no slice; add one, or start the epoch without a plan"],
    ["slices:\n", "plan.yaml:1: slices: has no value; write one, or remove the key"],
    ["max_parallel: 2\n", "plan.yaml:1: slices: is missing; add slices: with the slices"],
    ["slices: [{id: a, command: x}]\nslices: []\n", "plan.yaml:2: this key stands here a second time; keep one of the two"],
    ["slices: [{id: a, command: x}]\n---\nslices: []\n", "plan.yaml:2: a second document starts; write one plan a file"],
    [
      "a: &x 1\nslices: [*x]\n",
      "plan.yaml:1: YAML anchors and aliases are not supported; write the value out",
      "plan.yaml:2: YAML anchors and aliases are not supported; write the value out",
    ],
    ["slices: [{id: a, command: x}]\nmax_paralel: 2\n", "plan.yaml:2: max_paralel: unknown key; did you mean max_parallel?"],
    ["slices: [{id: a, command: x}]\ntimeout: 2\n", "plan.yaml:2: timeout: unknown key; it belongs to a slice: put it under slices"],
    ["slices:\n  - id: a\n    command: x\n    depends_on: [b]\n", "plan.yaml:4: slices[1].depends_on: unknown key; did you mean needs?"],
    ["slices:\n  - id: a\n    comand: x\n    mode: mock\n", "plan.yaml:3: slices[1].comand: unknown key; did you mean command?"],
    [
      "slices:\n  - id: a\n    command: x\n    fail_fast: true\n",
      "plan.yaml:4: slices[1].fail_fast: unknown key; it belongs to the plan: put it beside slices",
    ],
    ["max_parallel: 0\nslices: [{id: a, command: x}]\n", "plan.yaml:1: max_parallel: 0: must be 1 to 100; write a number in that range"],
    ["fail_fast: 1\nslices: [{id: a, command: x}]\n", "plan.yaml:1: fail_fast: 1: must be true or false; write true or false"],
    ["slices:\n  - command: x\n", "plan.yaml:2: slices[1].id: is missing; add id: VALUE"],
    ["slices: [{id: 7, command: x}]\n", "plan.yaml:1: slices[1].id: 7: must be text; put it in quotes"],
    [
      "slices: [{id: a/b, command: x}]\n",
      "plan.yaml:1: slices[1].id: a/b: is not a slice id; use letters, digits, '.', '_' and '-', at most 64, first a letter or digit",
    ],
    [
      "slices:\n  - id: a\n",
      "plan.yaml:2: slices[1].command: is missing; add command: TEXT, or set mode: mock for a slice that runs nothing",
    ],
    [
      "slices:\n  - id: a\n    command: {run: secret}\n",
      "plan.yaml:3: slices[1].command: must be text or a list of texts; write: command: npm test",
    ],
    ["slices: [{id: a, command: '  '}]\n", "plan.yaml:1: slices[1].command: names no program; write the program first"],
    [
      `slices: [{id: a, command: ${"x".repeat(33_000)}}]\n`,
      "plan.yaml:1: slices[1].command: is longer than 32KB; put it in a script and run that",
    ],
    [
      "slices: [{id: a, command: x, mode: tmx}]\n",
      "plan.yaml:1: slices[1].mode: tmx: must be one of mock, subprocess, tmux; did you mean tmux?",
    ],
    [
      "slices: [{id: a, command: x, timeout: soon}]\n",
      "plan.yaml:1: slices[1].timeout: soon: is not a duration; write it as 90s, 5m, 1h30m or a number of seconds",
    ],
    ["slices: [{id: a, command: x, timeout: -3}]\n", "plan.yaml:1: slices[1].timeout: -3: must be more than 0; write it as 30s"],
    ["slices: [{id: a, command: x, timeout: 200h}]\n", "plan.yaml:1: slices[1].timeout: 200h: is longer than 168h; write a shorter time"],
    ["slices: [{id: a, command: x, heartbeat: 100ms}]\n", "plan.yaml:1: slices[1].heartbeat: 100ms: must be at least 1s; write it as 30s"],
    ["slices: [{id: a, command: x, retries: 1.5}]\n", "plan.yaml:1: slices[1].retries: 1.5: must be a whole number; write digits only"],
    [
      "slices: [{id: a, command: x, working_dir: $HOME/x}]\n",
      "plan.yaml:1: slices[1].working_dir: $HOME/x: variables are not expanded here; write the path, or ~/ for the home",
    ],
    [
      "slices: [{id: a, command: x, host: a b}]\n",
      "plan.yaml:1: slices[1].host: a b: is not a host name; use letters, digits, '.', '_' and '-'",
    ],
    ["slices: [{id: a, command: x, resources: gpu}]\n", "plan.yaml:1: slices[1].resources: gpu: must be a list; write it as [a, b]"],
    [
      "slices:\n  - {id: build, command: x}\n  - {id: build, command: y}\n",
      "plan.yaml:3: slices[2].id: build: is also the id of slice 1 of the plan; rename one",
    ],
    [
      "slices:\n  - {id: one, command: x, path: src/api/}\n  - {id: two, command: y, path: ./src/api}\n",
      "plan.yaml:3: slices[2].path: ./src/api: is also the path of slice one; one production path belongs to one slice: join the two, or split the path",
    ],
    [
      "slices:\n  - id: build\n    command: x\n  - id: test\n    command: y\n    needs: [biuld, test, build, build]\n",
      "plan.yaml:6: slices[2].needs: biuld: no such slice; did you mean build?",
      "plan.yaml:6: slices[2].needs: test: a slice cannot need itself; remove it",
      "plan.yaml:6: slices[2].needs: build: stands here a second time; remove it",
    ],
    [
      "slices:\n  - {id: a, command: x, needs: [c]}\n  - {id: b, command: x, needs: [a]}\n  - {id: c, command: x, needs: [b]}\n  - {id: d, command: x, needs: [a]}\n",
      "plan.yaml:2: slices[1].needs: the slices need each other in a circle: a -> c -> b -> a; remove one of these needs",
    ],
  ])("%j is refused with a line that says what is wrong and how to mend it", (text, ...lines) => {
    expect(problems(text)).toEqual(lines);
  });

  it("that is no text, or far too large, is refused in one line", () => {
    expect(problems(Uint8Array.of(0xff, 0xfe, 0x00))).toEqual(["plan.yaml: the file is not UTF-8 text; save it as UTF-8"]);
    expect(problems("a\0b")).toEqual(["plan.yaml: the file is binary, not text; write the plan as YAML text"]);
    expect(problems(" ".repeat(600_000))).toEqual(["plan.yaml: the file is larger than 512KB; is it the right file?"]);
    const many = Array.from({ length: 501 }, (_, i) => `  - {id: s${i}, command: x}`).join("\n");
    expect(problems(`slices:\n${many}\n`)).toEqual(["plan.yaml:1: slices: has more than 500 slices; split the work into several epochs"]);
  });

  it("never repeats the text of a command, which may be private", () => {
    expect(problems("slices: [{id: a, command: [hunter2, {x: hunter2}]}]\n").join("")).not.toContain("hunter2");
  });

  it("says everything that is wrong, in the order of the lines", () => {
    const lines = problems("max_parallel: x\nslices:\n  - id: a b\n    nedds: [c]\n");
    expect(lines.map((line) => line.slice(0, 12))).toEqual(["plan.yaml:1:", "plan.yaml:3:", "plan.yaml:4:"]);
  });
});

describe("whatever is written", () => {
  it("there is a plan or a list of lines, each one line", () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom("a", "b", "30s", "mock", "\u001b[31m"),
    );
    const key = fc.constantFrom("id", "command", "needs", "mode", "timeout", "retries", "path", "x", "slices");
    const item = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })), { maxKeys: 5 });
    const document = fc.oneof(
      fc.string(),
      fc.record({ slices: fc.oneof(leaf, fc.array(item, { maxLength: 4 })) }).map((value) => stringify(value)),
    );
    fc.assert(
      fc.property(document, (text) => {
        const parsed = parsePlan(text, PLACE);
        if ("plan" in parsed) {
          expect(parsed.plan.slices.length).toBeGreaterThan(0);
          return;
        }
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const line of parsed.problems) expect(line).toMatch(/^plan\.yaml(?::\d+)?: [^\p{Cc}]+; [^\p{Cc}]+$/u);
      }),
      { numRuns: 300 },
    );
  });

  it("a plan without a circle can be worked off, one with a circle is found out", () => {
    const edges = fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 })), { maxLength: 14 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const needs = new Map(
          Array.from({ length: 8 }, (_, i) => [
            `s${i}`,
            pairs
              .filter(([from]) => from === i)
              .map(([, to]) => `s${to}`)
              .filter((to) => to !== `s${i}`),
          ]),
        );
        const done = new Set<string>();
        for (let before = -1; before !== done.size;) {
          before = done.size;
          for (const [id, ids] of needs) if (ids.every((need) => done.has(need))) done.add(id);
        }
        const cycles = findCycles(needs);
        expect(cycles.length === 0).toBe(done.size === 8);
        for (const cycle of cycles) cycle.forEach((id, i) => expect(needs.get(id)).toContain(cycle[(i + 1) % cycle.length]));
      }),
    );
  });
});

describe("what is written about plans", () => {
  const page = readFileSync(new URL("../../docs/reference/slice-plan.md", import.meta.url), "utf8");

  it.each([...PLAN_KEYS, ...SLICE_KEYS])("tells about %s", (key) => {
    expect(page.split("\n").filter((line) => line.startsWith(`| \`${key}\` |`))).toHaveLength(1);
  });

  it("shows only plans that are good, and so does the example", () => {
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example]) => example ?? "");
    examples.push(readFileSync(new URL("../../examples/epochs/project/slices.yaml", import.meta.url), "utf8"));
    expect(examples.length).toBeGreaterThan(1);
    for (const example of examples) expect(problems(example)).toEqual([]);
  });
});

describe("the JSON Schema of plans", () => {
  const text = readFileSync(new URL("../../docs/reference/slice-plan.schema.json", import.meta.url), "utf8");

  it("is the one that the code generates (npm run schema writes it)", () => {
    expect(text).toBe(planJsonSchemaText());
  });

  it("accepts a plan and refuses an unknown key", () => {
    const valid = new Ajv2020({ strict: false }).compile(JSON.parse(text) as object);
    expect(valid({ slices: [{ id: "a", command: ["sleep", 5], timeout: 30 }] })).toBe(true);
    expect(valid({ slices: [{ id: "a", comand: "x" }] })).toBe(false);
  });
});
