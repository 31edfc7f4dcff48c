import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialHealth, nextHealth, nextProbeDelay, probeEvent, type HealthEvent, type HealthState } from "../../src/services/health.js";
import type { HealthSpec } from "../../src/services/spec.js";

const spec: HealthSpec = {
  type: "tcp",
  intervalMs: 10_000,
  timeoutMs: 2000,
  gracePeriodMs: 5000,
  unhealthyThreshold: 3,
};

const at = (sinceStartMs: number, reason: string | null): HealthEvent => probeEvent(reason, sinceStartMs);

function run(events: readonly HealthEvent[], s = spec): HealthState {
  return events.reduce((state, event) => nextHealth(state, event, s).state, initialHealth(s));
}

/** Probes as the monitor would, with every probe answered by `answer`, until `untilMs`. */
function schedule(answer: (ms: number) => string | null, untilMs: number, s = spec) {
  let state = initialHealth(s);
  let now = 0;
  const seen: { at: number; health: string }[] = [];
  for (;;) {
    now += nextProbeDelay(state, s, now);
    if (now > untilMs) return { seen, state };
    state = nextHealth(state, at(now, answer(now)), s).state;
    seen.push({ at: now, health: state.health });
  }
}

describe("health", () => {
  it("is none without a health block and unknown before the first result", () => {
    expect(initialHealth(undefined).health).toBe("none");
    expect(initialHealth(spec).health).toBe("unknown");
  });

  const table: readonly [string, readonly (string | null)[], string, number][] = [
    ["one pass makes it healthy", [null], "healthy", 0],
    ["failures below the threshold keep it healthy", [null, "x", "x"], "healthy", 2],
    ["the threshold makes it unhealthy", [null, "x", "x", "x"], "unhealthy", 3],
    ["a pass in between starts the count again", [null, "x", "x", null, "x", "x"], "healthy", 2],
    ["one pass heals", [null, "x", "x", "x", "x", null], "healthy", 0],
    ["it stays unhealthy as long as probes fail", [null, "x", "x", "x", "x", "x"], "unhealthy", 3],
  ];
  it.each(table)("%s", (_title, results, health, failures) => {
    const state = run(results.map((reason, i) => at(5000 + i * 10_000, reason)));
    expect(state).toMatchObject({ health, failures });
  });

  it("tells a change once, and says why in words", () => {
    const one = { ...spec, unhealthyThreshold: 1 };
    const healthy = nextHealth(initialHealth(one), at(5000, null), one);
    expect(healthy).toMatchObject({ changed: true, unhealthy: false, reason: "passed" });
    const sick = nextHealth(healthy.state, at(15_000, "GET /: 503"), one);
    expect(sick).toMatchObject({ changed: true, unhealthy: true, reason: "failed 1 of 1: GET /: 503" });
    const still = nextHealth(sick.state, at(25_000, "GET /: 503"), one);
    expect(still).toMatchObject({ changed: false, unhealthy: true, reason: "failed 1 of 1: GET /: 503" });
  });

  it("counts early failures once for each full interval since the end of grace", () => {
    const early = [5000, 5010, 9000, 14_999].map((ms) => at(ms, "refused"));
    expect(run(early)).toMatchObject({ health: "unknown", failures: 0, probes: 4 });
    expect(run([...early, at(15_000, "refused"), at(15_250, "refused")]).failures).toBe(1);
    expect(run([...early, at(25_000, "refused")]).failures).toBe(1);
  });

  it("gives a service that never answers threshold times interval after grace, then calls it unhealthy", () => {
    const { seen } = schedule(() => "refused", 60_000);
    const first = seen.find((probe) => probe.health === "unhealthy")!;
    expect(first.at).toBeGreaterThanOrEqual(5000 + 3 * 10_000);
    expect(first.at).toBeLessThanOrEqual(5000 + 3 * 10_000 + 250);
  });

  it("an adopted service that is dead is unhealthy within threshold intervals", () => {
    let state = initialHealth(spec);
    let now = 3_600_000;
    const since = now;
    while (state.health !== "unhealthy") {
      now += nextProbeDelay(state, spec, now);
      state = nextHealth(state, at(now, "refused"), spec).state;
    }
    expect(now - since).toBeLessThanOrEqual(3 * 10_000);
  });
});

describe("the probe schedule", () => {
  it("waits for the grace period, less the time already passed", () => {
    expect(nextProbeDelay(initialHealth(spec), spec, 0)).toBe(5000);
    expect(nextProbeDelay(initialHealth(spec), spec, 4000)).toBe(1000);
    expect(nextProbeDelay(initialHealth(spec), spec, 9000)).toBe(0);
  });

  it("probes at 10 ms doubling to 250 ms until the first result that decides", () => {
    const { seen } = schedule(() => "refused", 5000 + 1200);
    const gaps = seen.slice(1).map((probe, i) => probe.at - seen[i]!.at);
    expect(gaps).toEqual([10, 20, 40, 80, 160, 250, 250, 250]);
  });

  it("never probes more often than a short interval asks for", () => {
    const short = { ...spec, intervalMs: 100, gracePeriodMs: 0, unhealthyThreshold: 100 };
    const { seen } = schedule(() => "refused", 1000, short);
    const gaps = seen.slice(1).map((probe, i) => probe.at - seen[i]!.at);
    expect(Math.max(...gaps)).toBe(100);
  });

  it("goes to every interval after the first success, and when it gave up being quick", () => {
    const { seen } = schedule((ms) => (ms < 5100 ? "refused" : null), 60_000);
    const healthy = seen.filter((probe) => probe.health === "healthy").map((probe) => probe.at);
    expect(healthy[0]! - 5000).toBeLessThan(200);
    expect(healthy.slice(1).every((ms, i) => ms - healthy[i]! === 10_000)).toBe(true);
    const dead = run([null, "x", "x", "x"].map((reason, i) => at(5000 + i * 10_000, reason)));
    expect(nextProbeDelay(dead, spec, 99_000)).toBe(10_000);
  });
});

describe("health, for any results at any times", () => {
  const specs = fc.record({
    type: fc.constant("tcp" as const),
    intervalMs: fc.integer({ min: 1, max: 60_000 }),
    timeoutMs: fc.constant(2000),
    gracePeriodMs: fc.integer({ min: 0, max: 60_000 }),
    unhealthyThreshold: fc.integer({ min: 1, max: 10 }),
  });
  const results = fc.array(fc.boolean(), { maxLength: 200 });

  it("becomes unhealthy only after threshold failures in a row, and the last pass decides", () => {
    fc.assert(
      fc.property(specs, results, (s, passes) => {
        let state = initialHealth(s);
        let now = 0;
        let row = 0;
        for (const pass of passes) {
          now += nextProbeDelay(state, s, now);
          row = pass ? 0 : row + 1;
          state = nextHealth(state, at(now, pass ? null : "x"), s).state;
          if (pass) expect(state.health).toBe("healthy");
          if (state.health === "unhealthy") expect(row).toBeGreaterThanOrEqual(s.unhealthyThreshold);
          if (row >= s.unhealthyThreshold && passes[0]) expect(state.health).toBe("unhealthy");
          expect(state.failures).toBeLessThanOrEqual(s.unhealthyThreshold);
        }
      }),
    );
  });

  it("never calls a service unhealthy before threshold intervals after grace when it never answered", () => {
    fc.assert(
      fc.property(specs, (s) => {
        let state = initialHealth(s);
        let now = 0;
        for (let i = 0; i < 2000 && state.health !== "unhealthy"; i++) {
          now += nextProbeDelay(state, s, now);
          state = nextHealth(state, at(now, "x"), s).state;
        }
        if (state.health === "unhealthy") {
          expect(now).toBeGreaterThanOrEqual(s.gracePeriodMs + s.unhealthyThreshold * s.intervalMs);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("always waits a positive, bounded time between probes", () => {
    fc.assert(
      fc.property(specs, results, fc.nat(1_000_000), (s, passes, start) => {
        let state = initialHealth(s);
        for (const pass of passes) {
          state = nextHealth(state, at(start, pass ? null : "x"), s).state;
          const delay = nextProbeDelay(state, s, start);
          expect(delay).toBeGreaterThan(0);
          expect(delay).toBeLessThanOrEqual(s.intervalMs);
        }
      }),
    );
  });
});
