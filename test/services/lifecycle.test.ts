import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextService } from "../../src/services/lifecycle.js";
import { type Event, type Supervised } from "../../src/services/supervised.js";
import { STATES, type State } from "../../src/services/snapshot.js";
import type { ServiceSpec } from "../../src/services/spec.js";
import { fresh, HEALTH, makeSpec } from "./make.js";

const by = { kind: "command", by: "ann@dev", command: "up" } as const;
const moment = { at: 1_700_000_000_000, uptimeMs: 5000 };
const fine = { status: 0, known: true } as const;
const bad = { status: 1, known: true } as const;
let seq = 0;
const start = (): Event => ({ type: "start", orderSeq: ++seq, cause: by });
const stop = (): Event => ({ type: "stop", orderSeq: ++seq, cause: { ...by, command: "down" } });
const restart = (): Event => ({ type: "restart", orderSeq: ++seq, cause: { ...by, command: "restart" } });
const spawned = (generation = 1, port: number | null = null): Event => ({
  type: "spawned",
  generation,
  port,
  specHash: "h1",
  outputFrom: 0,
});
const running = (pid = 42): Event => ({ type: "running", pid });
const exited = (exit: { status: number | null; known: boolean } = bad, ranMs = 5): Event => ({ type: "exited", exit, ranMs });
const unhealthy: Event = { type: "health", health: "unhealthy", detail: "tcp 8080: refused", ranMs: 5 };
const healthy: Event = { type: "health", health: "healthy", detail: "passed", ranMs: 5 };

function play(events: readonly Event[], spec: ServiceSpec = makeSpec(), from: Supervised = fresh()) {
  let now = from;
  const effects: string[] = [];
  const story: string[] = [];
  for (const event of events) {
    const step = nextService(now, event, spec, moment);
    effects.push(...step.effects.map((effect) => (effect.do === "wait" ? `wait ${effect.ms}` : effect.do)));
    if (step.transition !== null) story.push(`${step.transition.from} > ${step.transition.to}: ${step.transition.reason}`);
    now = step.next;
  }
  return { now, snapshot: now.snapshot, effects, story };
}

describe("the diagram of states", () => {
  const source = readFileSync(new URL("../../src/services/snapshot.ts", import.meta.url), "utf8");
  const comment = source.slice(0, source.indexOf("*/"));

  it("shows every state of the type, and no other word where a state stands", () => {
    for (const state of STATES) expect(comment).toMatch(new RegExp(`\\b${state}\\b`));
    const drawn = comment
      .split("\n")
      .filter((line) => /[─▶◀]/.test(line))
      .join(" ");
    const events = ["order_start", "exec", "d", "exit", "or", "unhealthy", "due", "finished", "decideRestart", "order_stop", "exited"];
    const words = drawn.match(/[a-zA-Z_]+/g) ?? [];
    expect(words.filter((word) => !events.includes(word) && !(STATES as readonly string[]).includes(word))).toEqual([]);
  });
});

describe("starting and stopping", () => {
  it("goes from an order to a running process and back", () => {
    const { snapshot, effects, story } = play([start(), spawned(), running(), stop(), exited({ status: 143, known: true })]);
    expect(effects).toEqual(["spawn", "terminate"]);
    expect(story).toEqual([
      "starting > running: started: up by ann@dev",
      "running > stopping: stopping: down by ann@dev",
      "stopping > stopped: stopped: down by ann@dev",
    ]);
    expect(snapshot).toMatchObject({
      state: "stopped",
      pid: null,
      ready: false,
      finished: false,
      lastExit: { status: 143 },
      startedAt: null,
    });
  });

  it("stops a service that is still starting, and one that waits for its next try", () => {
    expect(play([start(), spawned(), stop()])).toMatchObject({ snapshot: { state: "stopping" }, effects: ["spawn", "terminate"] });
    const waiting = play([start(), spawned(), running(), exited(), stop()]);
    expect(waiting.snapshot).toMatchObject({ state: "stopped", reason: "stopped: down by ann@dev" });
    expect(play([{ type: "due" }], makeSpec(), waiting.now).effects).toEqual([]);
  });

  it("keeps stopping when the program comes up only now", () => {
    expect(play([start(), spawned(), stop(), running(77)]).snapshot).toMatchObject({ state: "stopping", pid: 77, ready: false });
  });

  it("starts again once a stop is complete when a start came in between, and not when another stop followed", () => {
    const again = play([start(), spawned(), running(), stop(), start(), exited()]);
    expect(again.snapshot.state).toBe("starting");
    expect(again.effects).toEqual(["spawn", "terminate", "spawn"]);
    expect(play([start(), spawned(), running(), stop(), start(), stop(), exited()]).snapshot.state).toBe("stopped");
  });

  it("restarts while stopping: one stop, one start", () => {
    const { snapshot, effects } = play([start(), spawned(), running(), stop(), restart(), exited()]);
    expect(effects).toEqual(["spawn", "terminate", "spawn"]);
    expect(snapshot).toMatchObject({ state: "starting", cause: { command: "restart" }, restartCount: 0 });
  });

  it("starts a service that does not run when it is asked to restart", () => {
    for (const before of [[], [start(), spawned(), running(), exited()], [start(), spawned(), running(), exited(fine)]]) {
      expect(play([...before, restart()])).toMatchObject({ snapshot: { state: "starting", finished: false } });
    }
  });

  it.each(["start", "stop", "restart"] as const)("ignores a %s order whose number is not newer", (type) => {
    const { now } = play([{ type: "start", orderSeq: 10, cause: by }, spawned(), running()]);
    for (const orderSeq of [9, 10]) {
      const step = nextService(now, { type, orderSeq, cause: by }, makeSpec(), moment);
      expect(step).toEqual({ next: now, effects: [], transition: null });
    }
  });

  it("stops at shutdown whatever the number of the last order", () => {
    const { now } = play([{ type: "start", orderSeq: 10, cause: by }, spawned(), running()]);
    const { snapshot } = play([{ type: "stop", orderSeq: 0, cause: { kind: "shutdown" } }], makeSpec(), now);
    expect(snapshot).toMatchObject({ state: "stopping", orderSeq: 10, reason: "stopping: aurad stops" });
  });

  it("clears attempts, restart count and last error with a start by hand", () => {
    const spec = makeSpec({ restart: { maxAttempts: 1 } });
    const failed = play([start(), spawned(), running(), exited(), { type: "due" }, spawned(2), running(), exited()], spec);
    expect(failed.snapshot).toMatchObject({ state: "failed", finished: true, restartCount: 1, lastError: "exited 1" });
    const again = play([start(), spawned(3), running(), exited()], spec, failed.now);
    expect(again.snapshot).toMatchObject({ state: "backoff", finished: false, restartCount: 1 });
    expect(again.now.attempts).toBe(1);
  });

  it("keeps the same state and says nothing when a running service is started again", () => {
    const { story } = play([start(), spawned(), running(), start()]);
    expect(story).toHaveLength(1);
  });
});

describe("ends of a run", () => {
  it("waits as long as the policy says, then starts with a reason that names what happened", () => {
    const { snapshot, effects, story } = play([start(), spawned(), running(), exited(), { type: "due" }, spawned(2), running(43)]);
    expect(effects).toEqual(["spawn", "wait 1000", "spawn"]);
    expect(story.slice(1)).toEqual([
      "running > backoff: exited 1; on-failure restart 1 in 1s",
      "starting > running: restarted after: exited 1",
    ]);
    expect(snapshot).toMatchObject({ pid: 43, restartCount: 1, generation: 2 });
  });

  it("counts a program that cannot be started as an attempt", () => {
    const { snapshot, now } = play([start(), { type: "exec_failed", detail: "nope was not found on PATH" }]);
    expect(snapshot).toMatchObject({ state: "backoff", lastError: "could not start: nope was not found on PATH", lastExit: null });
    expect(now.attempts).toBe(1);
  });

  it("notes what was left behind in the reason", () => {
    const { snapshot } = play([
      start(),
      spawned(),
      running(),
      { type: "exited", exit: bad, ranMs: 5, note: "2 processes it left behind ended too" },
    ]);
    expect(snapshot.reason).toBe("exited 1; on-failure restart 1 in 1s (2 processes it left behind ended too)");
  });

  it("keeps a oneshot that did its work running without a pid, and ready only then", () => {
    const spec = makeSpec({ restart: { policy: "oneshot" } });
    const during = play([start(), spawned(), running()], spec);
    expect(during.snapshot).toMatchObject({ state: "running", ready: false });
    expect(play([exited(fine)], spec, during.now).snapshot).toMatchObject({ state: "running", ready: true, pid: null, lastError: null });
  });

  it("lets a oneshot with a health block become ready when a probe passes after its work", () => {
    const spec = makeSpec({ restart: { policy: "oneshot" }, health: HEALTH });
    const done = play([start(), spawned(), running(), healthy, exited(fine)], spec);
    expect(done.snapshot).toMatchObject({ state: "running", ready: false });
    expect(play([healthy], spec, done.now).snapshot).toMatchObject({ state: "running", ready: true, health: "healthy" });
  });

  it("runs a oneshot's command again when its probe fails for good", () => {
    const spec = makeSpec({ restart: { policy: "oneshot" }, health: HEALTH });
    const { snapshot, effects } = play([start(), spawned(), running(), exited(fine), healthy, unhealthy], spec);
    expect(snapshot).toMatchObject({ state: "backoff", ready: false });
    expect(effects).toEqual(["spawn", "wait 1000"]);
  });
});

describe("health and readiness", () => {
  it("is ready at once without a health block or ready line, else when the first of them comes", () => {
    expect(play([start(), spawned(), running()]).snapshot.ready).toBe(true);
    const probed = play([start(), spawned(), running()], makeSpec({ health: HEALTH }));
    expect(probed.snapshot).toMatchObject({ ready: false, health: "unknown" });
    expect(play([healthy], makeSpec({ health: HEALTH }), probed.now).snapshot).toMatchObject({ ready: true, health: "healthy" });
    const spec = makeSpec({ readyLogLine: "listening" });
    expect(play([start(), spawned(), running()], spec).snapshot.ready).toBe(false);
    expect(play([start(), spawned(), running(), { type: "ready_line" }], spec).snapshot.ready).toBe(true);
  });

  it("stops an unhealthy service and restarts it by policy whatever it exits with", () => {
    const spec = makeSpec({ health: HEALTH });
    const { snapshot, effects } = play([start(), spawned(), running(), healthy, unhealthy, exited(fine)], spec);
    expect(effects).toEqual(["spawn", "terminate", "wait 1000"]);
    expect(snapshot).toMatchObject({
      state: "backoff",
      reason: "unhealthy: tcp 8080: refused; on-failure restart 1 in 1s",
      lastExit: fine,
    });
  });

  it("only marks an external service, and one success heals it", () => {
    const spec = makeSpec({ type: "external", health: HEALTH });
    const external = { ...fresh(), snapshot: { ...fresh().snapshot, type: "external" as const } };
    const ill = play([start(), spawned(), { type: "running", pid: null }, healthy, unhealthy], spec, external);
    expect(ill).toMatchObject({ snapshot: { state: "running", health: "unhealthy", ready: false }, effects: ["spawn"] });
    expect(play([healthy], spec, ill.now).snapshot).toMatchObject({
      health: "healthy",
      ready: true,
      lastError: null,
      reason: "healthy again",
    });
  });

  it("does not call a service healthy that does not run", () => {
    const spec = makeSpec({ health: HEALTH });
    for (const end of [[stop(), exited()], [exited()], [exited(fine)]]) {
      expect(play([start(), spawned(), running(), healthy, ...end], spec).snapshot.health).toBe("unknown");
    }
  });
});

describe("waiting for others", () => {
  it("shows why a service waits, and lets go of it", () => {
    const { snapshot, now } = play([{ type: "pending", reason: "waits for db (starting)" }]);
    expect(snapshot).toMatchObject({ state: "pending", reason: "waits for db (starting)" });
    expect(play([{ type: "pending", reason: null }], makeSpec(), now).snapshot.state).toBe("stopped");
  });

  it("holds a restart that is due, and says of nothing else that it is held", () => {
    const held: Event = { type: "held", reason: "db is not ready" };
    const { snapshot } = play([start(), spawned(), running(), exited(), held]);
    expect(snapshot).toMatchObject({ state: "backoff", reason: "db is not ready; restarts when it is ready" });
    const stopped = play([start(), spawned(), running(), exited(), stop()]);
    expect(play([held], makeSpec(), stopped.now).snapshot).toEqual(stopped.snapshot);
  });

  it("forgets after a reboot what ran, what had finished and how often it was tried", () => {
    const { snapshot, now, story } = play([start(), spawned(), running(), exited(fine), { type: "rebooted" }]);
    expect(snapshot).toMatchObject({ state: "stopped", finished: false, pid: null, reason: "host rebooted", cause: { kind: "boot" } });
    expect(now).toMatchObject({ attempts: 0, leased: false, held: null });
    expect(story.at(-1)).toBe("stopped > stopped: host rebooted");
  });
});

const EDGES: Readonly<Record<State, readonly State[]>> = {
  pending: ["starting", "stopped"],
  starting: ["running", "backoff", "stopping", "stopped", "failed"],
  running: ["stopping", "backoff", "stopped", "failed", "starting"],
  stopping: ["stopped", "starting", "backoff", "failed"],
  stopped: ["starting", "pending"],
  backoff: ["starting", "stopped"],
  failed: ["starting", "pending", "stopped"],
};

describe("any row of events, also impossible ones", () => {
  const order = fc.record({ orderSeq: fc.integer({ min: 0, max: 30 }), cause: fc.constant(by) });
  const event: fc.Arbitrary<Event> = fc.oneof(
    order.map((o): Event => ({ type: "start", ...o })),
    order.map((o): Event => ({ type: "stop", ...o })),
    order.map((o): Event => ({ type: "restart", ...o })),
    fc.constant<Event>({ type: "stop", orderSeq: 0, cause: { kind: "shutdown" } }),
    fc.nat(9).map((generation): Event => spawned(generation)),
    fc.integer({ min: 1, max: 99 }).map((pid) => running(pid)),
    fc.constant<Event>({ type: "exec_failed", detail: "not found" }),
    fc
      .tuple(fc.constantFrom(0, 1, 143, null), fc.constantFrom(5, 100_000))
      .map(([status, ranMs]) => exited({ status, known: status !== null }, ranMs)),
    fc.constantFrom("healthy" as const, "unhealthy" as const).map((health): Event => ({ type: "health", health, detail: "x", ranMs: 5 })),
    fc.constantFrom<Event>(
      { type: "ready_line" },
      { type: "due" },
      { type: "held", reason: "db is not ready" },
      { type: "pending", reason: "waits" },
      { type: "pending", reason: null },
      { type: "rebooted" },
    ),
  );
  const specs = fc
    .record({
      policy: fc.constantFrom<"always" | "on-failure" | "never" | "oneshot">("always", "on-failure", "never", "oneshot"),
      health: fc.boolean(),
      maxAttempts: fc.nat(2),
    })
    .map(({ policy, health, maxAttempts }) => makeSpec({ restart: { policy, maxAttempts }, ...(health ? { health: HEALTH } : {}) }));

  it("keeps every promise of a snapshot", () => {
    fc.assert(
      fc.property(specs, fc.array(event, { maxLength: 40 }), (spec, events) => {
        let now: Supervised = { ...fresh(), snapshot: { ...fresh().snapshot, health: spec.health ? "unknown" : "none" } };
        for (const each of events) {
          const before = now;
          const { next, effects, transition } = nextService(now, each, spec, moment);
          now = next;
          const { snapshot } = now;
          const { state } = snapshot;
          if (state === "running" && spec.restart.policy !== "oneshot") expect(snapshot.pid).not.toBeNull();
          if (snapshot.ready) expect(state).toBe("running");
          if (snapshot.pid !== null) expect(["running", "stopping"]).toContain(state);
          if (snapshot.health === "healthy") expect(["running", "stopping"]).toContain(state);
          expect(snapshot.health === "none").toBe(spec.health === undefined);
          if (["starting", "running", "backoff"].includes(state)) expect(now.leased).toBe(true);
          if (snapshot.finished)
            expect({ state, leased: now.leased }).toEqual({ state: expect.stringMatching(/stopped|failed|pending/), leased: false });
          if (now.held !== null) expect(state).toBe("backoff");
          if (now.afterStop !== null) expect(state).toBe("stopping");
          expect(snapshot.orderSeq).toBeGreaterThanOrEqual(before.snapshot.orderSeq);
          if (each.type !== "spawned") expect(snapshot.generation).toBe(before.snapshot.generation);
          if (state !== before.snapshot.state && each.type !== "rebooted") expect(EDGES[before.snapshot.state]).toContain(state);
          expect(snapshot.reason).not.toMatch(/undefined|NaN/);

          for (const effect of effects) {
            if (effect.do === "spawn") expect(state).toBe("starting");
            if (effect.do === "terminate") expect(state).toBe("stopping");
            if (effect.do === "wait") expect(state).toBe("backoff");
          }
          // Whatever leads into these states makes sure that they end.
          if (state === "backoff" && before.snapshot.state !== "backoff") expect(effects.map((e) => e.do)).toEqual(["wait"]);
          if (state === "stopping" && before.snapshot.state !== "stopping") expect(effects.map((e) => e.do)).toEqual(["terminate"]);
          if (state === "starting" && before.snapshot.state !== "starting") expect(effects.map((e) => e.do)).toEqual(["spawn"]);

          if (transition === null) expect(now.seq).toBe(before.seq);
          else {
            expect(transition).toMatchObject({ seq: now.seq, from: before.snapshot.state, to: state, reason: snapshot.reason });
            expect(now.seq).toBeGreaterThan(before.seq);
            expect(transition.snapshot).toEqual(snapshot);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("never changes what it was given", () => {
    fc.assert(
      fc.property(specs, fc.array(event, { maxLength: 20 }), (spec, events) => {
        let now = fresh();
        for (const each of events) {
          const copy = structuredClone(now);
          const { next } = nextService(now, each, spec, moment);
          expect(now).toEqual(copy);
          now = next;
        }
      }),
    );
  });
});
