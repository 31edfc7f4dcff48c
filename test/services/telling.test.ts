import { describe, expect, it } from "vitest";
import { describeArrival, describeOrders, tellTransition } from "../../src/services/telling.js";
import { makeSnapshot, makeTransition } from "./make.js";

describe("how a transition is told", () => {
  it("gives the rule's own sentence alone when it says how the run ended and when the next one starts", () => {
    const crash = makeTransition("api", 1, {
      exit: { status: 3, known: true },
      reason: "exited 3; on-failure restart 1 of 2 in 200ms",
      delayMs: 200,
    });
    expect(tellTransition(crash)).toBe("exited 3; on-failure restart 1 of 2 in 200ms");
    expect(tellTransition({ ...crash, reason: "exited 3; on-failure restart 1 at once", delayMs: 0 })).toBe(
      "exited 3; on-failure restart 1 at once",
    );
  });

  it("adds what the sentence leaves out: how it ended, who asked, when the next start follows", () => {
    const crash = makeTransition("api", 1, { exit: { status: 137, known: true }, reason: "the policy decided", delayMs: 4000 });
    expect(tellTransition(crash)).toBe("its process ended by SIGKILL (137); the policy decided; next start after 4s");
    const asked = makeTransition("api", 1, { cause: { kind: "command", by: "ada@laptop", command: "down" }, reason: "stopping" });
    expect(tellTransition(asked)).toBe("ada@laptop asked for down; stopping");
    expect(tellTransition({ ...asked, cause: { kind: "dependency", service: "store" } })).toBe("because of store; stopping");
  });

  it("says who asked once", () => {
    const cause = { kind: "command", by: "ada@laptop", command: "up" } as const;
    expect(tellTransition(makeTransition("api", 1, { cause, reason: "started: up by ada@laptop" }))).toBe("started: up by ada@laptop");
  });

  it("tells a first passed health check from one that failed", () => {
    const passed = makeTransition("api", 1, {
      from: "running",
      to: "running",
      cause: { kind: "health" },
      reason: "started: up",
      snapshot: makeSnapshot("api", { state: "running", health: "healthy" }),
    });
    expect(tellTransition(passed)).toBe("its health check passed; started: up");
    expect(describeArrival(passed)).toBe("running, healthy");
    const failed = {
      ...passed,
      reason: "unhealthy: failed 3 of 3: refused",
      snapshot: makeSnapshot("api", { state: "running", health: "unhealthy" }),
    };
    expect(tellTransition(failed)).toBe("unhealthy: failed 3 of 3: refused");
    expect(describeArrival(failed)).toBe("running, unhealthy");
  });

  it("calls a service ready whose log line was seen", () => {
    const ready = makeTransition("api", 1, {
      from: "running",
      to: "running",
      cause: { kind: "health" },
      reason: "ready: its log line was seen",
      snapshot: makeSnapshot("api"),
    });
    expect([describeArrival(ready), tellTransition(ready)]).toEqual(["running, ready", "ready: its log line was seen"]);
    expect(describeArrival(makeTransition("api", 1))).toBe("backoff");
  });
});

describe("how a wave of orders is told", () => {
  it("names three of each kind and counts the rest", () => {
    const orders = [..."abcde"].map((name) => ({ kind: "start", name }));
    expect(describeOrders([...orders, { kind: "stop", name: "z" }])).toBe("start a, b, c and 2 more; stop z");
    expect(describeOrders([])).toBe("tell what is pending");
  });

  it("stays below the 400 bytes that a server accepts, with the longest names", () => {
    const orders = ["start", "stop", "restart"].flatMap((kind) => [1, 2, 3, 4].map((n) => ({ kind, name: String(n).repeat(64) })));
    expect(Buffer.byteLength(describeOrders(orders))).toBeLessThan(400);
  });
});
