import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRestart, describeExit, type End, restartDelay } from "../../src/services/restart.js";
import type { RestartSpec } from "../../src/services/spec.js";
import { RESTART } from "./make.js";

const exit = (status: number | null): End => ({ kind: "exit", exit: { status, known: status !== null } });
const unhealthy: End = { kind: "unhealthy", detail: "tcp 8080: refused" };
const exec: End = { kind: "exec", detail: "nope was not found on PATH" };

function decide(change: Partial<RestartSpec>, end: End, attempts = 0, ranMs = 5, successExitCodes: readonly number[] = [], rapid = 0) {
  return decideRestart({ policy: { ...RESTART, ...change }, successExitCodes, attempts, rapid, ranMs, end });
}

describe("the restart decision", () => {
  it.each([
    // policy, end, decision
    ["on-failure", exit(0), "finish"],
    ["on-failure", exit(1), "restart"],
    ["on-failure", exit(137), "restart"],
    ["on-failure", exit(null), "restart"],
    ["on-failure", unhealthy, "restart"],
    ["on-failure", exec, "restart"],
    ["always", exit(0), "restart"],
    ["always", exit(1), "restart"],
    ["always", exec, "restart"],
    ["never", exit(0), "finish"],
    ["never", exit(1), "fail"],
    ["never", exit(null), "fail"],
    ["never", unhealthy, "fail"],
    ["never", exec, "fail"],
    ["oneshot", exit(0), "complete"],
    ["oneshot", exit(1), "restart"],
    ["oneshot", exit(null), "restart"],
    ["oneshot", exec, "restart"],
  ] as const)("with policy %s, after %j, is to %s", (policy, end, decision) => {
    expect(decide({ policy }, end).decision).toBe(decision);
  });

  it.each(["on-failure", "oneshot", "never"] as const)("counts success_exit_codes as success with policy %s", (policy) => {
    expect(decide({ policy }, exit(3), 0, 5, [3]).decision).toBe(policy === "oneshot" ? "complete" : "finish");
    expect(decide({ policy }, exit(4), 0, 5, [3]).decision).toBe(policy === "never" ? "fail" : "restart");
  });

  it("restarts an unhealthy service whatever exit code its stop brought about", () => {
    const row = decide({ policy: "on-failure" }, unhealthy, 0, 5, [0, 143]);
    expect(row).toMatchObject({ decision: "restart", reason: "unhealthy: tcp 8080: refused; on-failure restart 1 in 1s" });
  });

  it("never takes an unknown status for success", () => {
    expect(decide({ policy: "on-failure" }, exit(null), 0, 5, [0]).decision).toBe("restart");
  });

  it("gives up after max_attempts restarts without a stable run, and says so", () => {
    let attempts = 0;
    const decisions: string[] = [];
    for (let i = 0; i < 4; i++) {
      const step = decide({ maxAttempts: 3 }, i === 1 ? exec : exit(1), attempts);
      decisions.push(step.decision);
      attempts = step.attempts;
    }
    expect(decisions).toEqual(["restart", "restart", "restart", "fail"]);
    expect(decide({ maxAttempts: 3 }, exit(1), 3).reason).toBe("exited 1; gave up after 3 restarts without a stable run of 1m00s");
  });

  it("forgets earlier attempts after a run of reset_after, never before", () => {
    expect(decide({ maxAttempts: 3 }, exit(1), 3, 59_999).decision).toBe("fail");
    expect(decide({ maxAttempts: 3 }, exit(1), 3, 60_000)).toMatchObject({ decision: "restart", attempts: 1, delayMs: 1000 });
  });

  it("doubles the delay from `delay` up to `max_delay`, or keeps it when fixed", () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 2000].map((attempts) => restartDelay(RESTART, attempts));
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(restartDelay({ ...RESTART, backoff: "fixed", delayMs: 250 }, 9)).toBe(250);
    expect(restartDelay({ ...RESTART, delayMs: 0 }, 2000)).toBe(0);
  });

  it("never restarts at once what could not even be started: that would fail again without an end", () => {
    expect(decide({ delayMs: 0 }, exit(1))).toMatchObject({ delayMs: 0, reason: "exited 1; on-failure restart 1 at once" });
    expect(decide({ delayMs: 0 }, exec).delayMs).toBeGreaterThanOrEqual(100);
    expect(decide({ delayMs: 0, backoff: "fixed" }, exec).delayMs).toBeGreaterThanOrEqual(100);
  });

  it("is total: any policy after any number of attempts gives a finite delay within its cap, and counts", () => {
    fc.assert(
      fc.property(
        fc.record({
          policy: fc.constantFrom("always", "on-failure", "never", "oneshot"),
          maxAttempts: fc.nat(5),
          delayMs: fc.nat(100_000),
          backoff: fc.constantFrom("fixed", "exponential"),
          maxDelayMs: fc.nat(100_000),
          resetAfterMs: fc.nat(100_000),
        }),
        fc.oneof(fc.option(fc.nat(255)).map(exit), fc.constant(unhealthy), fc.constant(exec)),
        fc.nat(3000),
        fc.nat(200_000),
        (policy, end, attempts, ranMs) => {
          const step = decideRestart({ policy: policy as RestartSpec, successExitCodes: [], attempts, rapid: attempts, ranMs, end });
          expect(Number.isFinite(step.delayMs)).toBe(true);
          expect(step.delayMs).toBeLessThanOrEqual(Math.max(policy.delayMs, policy.maxDelayMs, 100));
          if (step.decision === "restart") {
            expect(step.attempts).toBe((ranMs >= policy.resetAfterMs ? 0 : attempts) + 1);
            if (policy.maxAttempts > 0) expect(step.attempts).toBeLessThanOrEqual(policy.maxAttempts);
          }
          expect(step.reason).not.toMatch(/undefined|NaN|Infinity/);
        },
      ),
    );
  });
});

describe("an exit in words", () => {
  it.each([
    [0, "exited 0"],
    [1, "exited 1"],
    [128, "exited 128"],
    [137, "ended by SIGKILL (137)"],
    [143, "ended by SIGTERM (143)"],
    [200, "exited 200"],
    [null, "ended, status unknown"],
  ])("%j is `%s`", (status, words) => {
    expect(describeExit({ status, known: status !== null })).toBe(words);
  });

  it("restarts a service with no delay at once, and ten times a second once it loops", () => {
    const at = (rapid: number, ranMs: number): number =>
      decide({ policy: "always", delayMs: 0, maxDelayMs: 0 }, exit(1), 0, ranMs, [], rapid).delayMs;
    expect([at(0, 5), at(4, 5), at(5, 5), at(5, 1500)]).toEqual([0, 0, 100, 0]);
  });
});
