import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostState, planHost } from "../../src/services/host-plan.js";
import type { Snapshot } from "../../src/services/snapshot.js";
import type { SpecOutline } from "../../src/services/spec.js";
import { acyclic, HostModel } from "./host-model.js";
import { makeOutline, makeSnapshot } from "./make.js";

const up = { up: true, cause: { kind: "command", command: "up", by: "ann@dev" } } as const;
const down = { up: false, cause: { kind: "command", command: "down", by: "ann@dev" } } as const;
const runs = (name: string): Snapshot => makeSnapshot(name, { state: "running", ready: true, pid: 7, specHash: "h1" });

function state(outlines: readonly SpecOutline[], observed: readonly Snapshot[], desired: HostState["desired"] = {}): HostState {
  return {
    outlines: Object.fromEntries(outlines.map((each) => [each.name, each])),
    observed: Object.fromEntries(observed.map((each) => [each.name, each])),
    desired: { ...Object.fromEntries(outlines.map(({ name }) => [name, up])), ...desired },
  };
}

const db = makeOutline("db");
const api = makeOutline("api", { after: ["db"], requires: ["db"] });
const web = makeOutline("web", { after: ["api"], requires: ["api"] });

describe("the next orders of a host", () => {
  it("starts what waits for nobody and says why the others wait", () => {
    const plan = planHost(state([db, api, web], []));
    expect(plan).toEqual({
      starts: [{ name: "db", cause: up.cause }],
      stops: [],
      restarts: [],
      pending: { api: "waits for db (stopped)", web: "waits for api (stopped)" },
    });
  });

  it("says that a dependency is unhealthy", () => {
    const sick = makeSnapshot("db", { state: "running", health: "unhealthy", pid: 7, specHash: "h1" });
    expect(planHost(state([db, api], [sick])).pending).toEqual({ api: "waits for db (running, unhealthy)" });
  });

  it("leaves alone whose dependency restarts: it is held, not churned", () => {
    const backoff = makeSnapshot("db", { state: "backoff", specHash: "h1" });
    expect(planHost(state([db, api, web], [backoff, runs("api"), runs("web")]))).toEqual({
      starts: [],
      stops: [],
      restarts: [],
      pending: {},
    });
  });

  it("stops dependents in reverse order when a dependency failed, naming it, and tells why they are down", () => {
    const failed = makeSnapshot("db", { state: "failed", finished: true, reason: "exited 1; gave up after 3 restarts" });
    const cause = { kind: "dependency", service: "db" };
    expect(planHost(state([db, api, web], [failed, runs("api"), runs("web")])).stops).toEqual([{ name: "web", cause }]);
    expect(planHost(state([db, api, web], [failed, runs("api"), makeSnapshot("web")])).stops).toEqual([{ name: "api", cause }]);
    expect(planHost(state([db, api, web], [failed, makeSnapshot("api"), makeSnapshot("web")])).pending).toEqual({
      api: "requires db, which failed: exited 1; gave up after 3 restarts",
      web: "requires api, which requires db, which failed: exited 1; gave up after 3 restarts",
    });
  });

  it("brings dependents back with the dependency, and says that it was the cause", () => {
    const stopped = makeSnapshot("api", { cause: { kind: "dependency", service: "db" }, orderSeq: 4 });
    expect(planHost(state([db, api], [runs("db"), stopped])).starts).toEqual([
      { name: "api", cause: { kind: "dependency", service: "db" } },
    ]);
  });

  it("keeps a soft dependency's failure from stopping anything, but not from holding back a start", () => {
    const soft = makeOutline("api", { after: ["db"] });
    const failed = makeSnapshot("db", { state: "failed", finished: true });
    expect(planHost(state([db, soft], [failed, runs("api")])).stops).toEqual([]);
    expect(planHost(state([db, soft], [failed]))).toMatchObject({ starts: [], pending: { api: "waits for db (failed)" } });
    expect(planHost(state([db, soft], [failed], { db: down })).starts).toEqual([{ name: "api", cause: up.cause }]);
  });

  it("stops what is not wanted or has no spec any more, and restarts what runs with an old one", () => {
    const plan = planHost({ ...state([db, api], [runs("db"), { ...runs("api"), specHash: "old" }, runs("gone")], { db: down, api: up }) });
    expect(plan.stops).toEqual([
      { name: "api", cause: { kind: "dependency", service: "db" } },
      { name: "gone", cause: { kind: "spec" } },
    ]);
    expect(planHost(state([db], [{ ...runs("db"), specHash: "old" }])).restarts).toEqual([{ name: "db", cause: { kind: "spec" } }]);
  });

  it("does not start again what ended for good, and neither does it touch what runs as it should", () => {
    expect(planHost(state([db], [makeSnapshot("db", { finished: true })]))).toMatchObject({ starts: [], pending: {} });
    expect(planHost(state([db], [runs("db")]))).toEqual({ starts: [], stops: [], restarts: [], pending: {} });
  });

  it("refuses with its reason what this version cannot run, and stops a service whose new spec is such", () => {
    const container = makeOutline("db", { type: "container", hash: "h2", unsupported: "db is a container" });
    expect(planHost(state([container], []))).toMatchObject({ starts: [], pending: { db: "db is a container" } });
    expect(planHost(state([container, api], []))).toMatchObject({ pending: { api: "requires db: db is a container" } });
    expect(planHost(state([container], [runs("db")]))).toMatchObject({ restarts: [], stops: [{ name: "db", cause: { kind: "spec" } }] });
  });

  it("tells a start after a reboot from one by command", () => {
    const after = makeSnapshot("db", { cause: { kind: "boot" } });
    expect(planHost(state([db], [after])).starts).toEqual([{ name: "db", cause: { kind: "boot" } }]);
  });
});

/** What people and the world do to a host; numbers choose a service and, in between, what happens next. */
const happening = fc.oneof(
  fc.record({ do: fc.constant("up" as const), who: fc.nat(7) }),
  fc.record({ do: fc.constant("down" as const), who: fc.nat(7) }),
  fc.record({ do: fc.constant("crash" as const), who: fc.nat(7), status: fc.constantFrom(0, 1, 137) }),
  fc.record({ do: fc.constant("step" as const), who: fc.nat(1000) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function act(model: HostModel, each: Happening): void {
  const names = Object.keys(model.specs);
  const name = names[each.who % names.length]!;
  if (each.do === "up") model.up([name, ...model.specs[name]!.after]);
  else if (each.do === "down") model.down([name]);
  else if (each.do === "crash") model.crash(name, each.status);
  else {
    const steps = model.steps();
    steps[each.who % Math.max(steps.length, 1)]?.();
  }
}

function untilQuiet(model: HostModel): void {
  for (let turn = 0; turn < 2000; turn++) {
    const steps = model.steps();
    if (steps.length === 0) return;
    steps[(turn * 7) % steps.length]!();
  }
  throw new Error(
    `never quiet: ${JSON.stringify([...model.services.values()].map(({ snapshot }) => `${snapshot.name} ${snapshot.state}`))}`,
  );
}

/** Down for good: not wanted, ended by itself, or requires such a one. */
function lost(model: HostModel, name: string): boolean {
  return model.desired[name]?.up !== true || model.snapshot(name).finished || model.specs[name]!.requires.some((dep) => lost(model, dep));
}

/** A soft dependency that is wanted but will not become ready holds back a start. */
function heldBack(model: HostModel, name: string): boolean {
  return model.specs[name]!.after.some(
    (dep) => model.desired[dep]?.up === true && (lost(model, dep) || heldBack(model, dep)) && !model.snapshot(dep).ready,
  );
}

describe("any host, whatever happens to it", () => {
  it("comes to rest with everything running that is wanted and can, and nothing else", () => {
    fc.assert(
      fc.property(acyclic(), fc.array(happening, { maxLength: 80 }), (specs, events) => {
        const model = new HostModel(specs);
        model.onOrder = ({ kind, name }) => {
          if (kind !== "stop") return;
          const above = Object.values(specs).filter(({ after }) => after.includes(name));
          // Whoever comes after it and has to go as well has gone before.
          for (const other of above)
            if (lost(model, other.name))
              expect({ stops: name, while: other.name, runs: model.processes.has(other.name) }).toMatchObject({ runs: false });
        };
        for (const each of events) act(model, each);
        untilQuiet(model);
        for (const name of Object.keys(specs)) {
          const { state, ready, pid } = model.snapshot(name);
          const runs = state === "running";
          if (lost(model, name)) expect({ name, runs }).toEqual({ name, runs: false });
          else if (!runs)
            expect({ name, heldBack: heldBack(model, name), pending: model.plan.pending[name] }).toEqual({
              name,
              heldBack: true,
              pending: expect.any(String),
            });
          else expect(ready).toBe(true);
          expect(model.processes.has(name)).toBe(runs && pid !== null);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("never stops a dependent because of a restart by policy", () => {
    fc.assert(
      fc.property(acyclic(), fc.array(happening, { maxLength: 80 }), (graph, events) => {
        const specs = Object.fromEntries(
          Object.entries(graph).map(([name, spec]) => [
            name,
            { ...spec, restart: { ...spec.restart, policy: "always" as const, maxAttempts: 0 } },
          ]),
        );
        const model = new HostModel(specs);
        model.up(Object.keys(specs));
        untilQuiet(model);
        for (const each of events) if (each.do === "crash" || each.do === "step") act(model, each);
        untilQuiet(model);
        expect(model.given.filter(({ kind }) => kind !== "start")).toEqual([]);
        for (const name of Object.keys(specs)) expect(model.snapshot(name)).toMatchObject({ state: "running", ready: true });
      }),
      { numRuns: 200 },
    );
  });

  it("brings the dependents of a failed service back after it was started again", () => {
    fc.assert(
      fc.property(acyclic(), fc.nat(7), (graph, who) => {
        const specs = Object.fromEntries(
          Object.entries(graph).map(([name, spec]) => [name, { ...spec, restart: { ...spec.restart, policy: "never" as const } }]),
        );
        const names = Object.keys(specs);
        const victim = names[who % names.length]!;
        const model = new HostModel(specs);
        model.up(names);
        untilQuiet(model);
        model.crash(victim, 1);
        untilQuiet(model);
        for (const name of names) expect({ name, runs: model.processes.has(name) }).toEqual({ name, runs: !lost(model, name) });
        expect(model.snapshot(victim).state).toBe("failed");
        model.up([victim]);
        untilQuiet(model);
        expect([...model.processes].sort()).toEqual(names.toSorted());
      }),
      { numRuns: 200 },
    );
  });

  it("starts in order: nobody runs before those it comes after are ready", () => {
    fc.assert(
      fc.property(acyclic(), fc.array(fc.nat(1000), { maxLength: 60 }), (specs, choices) => {
        const model = new HostModel(specs);
        model.onOrder = ({ kind, name }) => {
          if (kind === "start") for (const dep of specs[name]!.after) expect(model.snapshot(dep).ready).toBe(true);
        };
        model.up(Object.keys(specs));
        for (const who of choices) act(model, { do: "step", who });
        untilQuiet(model);
        for (const name of Object.keys(specs)) expect(model.snapshot(name).state).toBe("running");
      }),
    );
  });
});
