import { describe, expect, it } from "vitest";
import { alive, killProcess, processesWith } from "../support/processes.js";
import { pause, until } from "../support/until.js";
import { Bench, uniqueSeconds } from "./harness.js";

/** A child that ignores what it is asked, in the group, and a leader that waits for it. */
const deaf = (seconds: string): string => `trap '' TERM HUP INT; sleep ${seconds} & trap : TERM; echo up; while :; do wait; done`;

describe("stopping a service", () => {
  it("sends the signal of the spec to the whole group", async () => {
    const bench = new Bench();
    const run = bench.script(
      "trap 'echo hup; exit 3' HUP; sh -c 'trap \"echo child hup; exit\" HUP; echo up; while :; do sleep 0.05; done' & wait; wait",
    );
    await bench.line("up");
    expect(bench.runs.terminate("api", "SIGHUP", 5000)).toBe(true);
    expect((await bench.ended(run)).exit).toEqual({ status: 3, known: true });
    expect(bench.output()).toContain("child hup");
    expect(bench.processes()).toEqual([]);
  });

  it("reaches a service that went into a session of its own", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const run = bench.script(`exec setsid sh -c 'trap "echo bye; exit 4" TERM; sleep ${seconds} & echo up; wait'`);
    await bench.line("up");
    bench.runs.terminate("api", "SIGTERM", 20_000);
    expect((await bench.ended(run)).exit).toEqual({ status: 4, known: true });
    expect(bench.output()).toContain("bye");
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("says that there is nothing to stop", () => {
    const bench = new Bench();
    expect(bench.runs.terminate("api", "SIGTERM", 5000)).toBe(false);
  });

  it("ends with SIGKILL a service that ignores the signal, and its whole tree", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const run = bench.script(deaf(seconds));
    await bench.line("up");
    const began = performance.now();
    bench.runs.terminate("api", "SIGTERM", 300);
    const { exit } = await bench.ended(run);
    expect(exit).toEqual({ status: 137, known: true });
    expect(performance.now() - began).toBeGreaterThan(290);
    expect(performance.now() - began).toBeLessThan(3000);
    expect(processesWith(["sleep", seconds])).toEqual([]);
    expect(bench.processes()).toEqual([]);
  });

  it("gives children the time of the spec after the leader has gone, and ends them when it is over", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const run = bench.script(`(trap '' TERM; exec sleep ${seconds}) & trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done`);
    await bench.line("up");
    const [child] = await until(() => {
      const found = processesWith(["sleep", seconds]);
      return found.length === 1 && found;
    });
    bench.runs.terminate("api", "SIGTERM", 3000);
    await pause(1000);
    expect(alive(child!)).toBe(true);
    const { exit, note } = await bench.ended(run);
    expect(exit).toEqual({ status: 0, known: true });
    expect(note).toBe("1 process it left behind ended too");
    expect(alive(child!)).toBe(false);
  });

  it("finds a child that went into a session of its own", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const run = bench.script(`setsid sleep ${seconds} & trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done`);
    await bench.line("up");
    await until(() => processesWith(["sleep", seconds]).length === 1);
    bench.runs.terminate("api", "SIGTERM", 5000);
    expect(await bench.ended(run)).toMatchObject({ exit: { status: 0 }, note: "1 process it left behind ended too" });
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("is not kept waiting by a look for strays of another service", async () => {
    const bench = new Bench();
    const other = bench.begin(["sleep", "600"], { service: "web" });
    await bench.pid(other);
    await bench.ended(bench.begin(["/bin/false"])); // looks for strays two seconds later
    const began = performance.now();
    bench.runs.terminate("web", "SIGTERM", 5000);
    await bench.ended(other);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it("ends a service at whatever moment after its start the stop comes, never by waiting for the time-out", async () => {
    const bench = new Bench();
    for (let i = 1; i <= 60; i++) {
      const run = bench.begin(["sleep", "600"], { generation: i });
      const delay = (i % 20) / 3;
      const until = performance.now() + delay;
      if (i % 2 === 0) await pause(delay);
      else while (performance.now() < until);
      const began = performance.now();
      bench.runs.terminate("api", "SIGTERM", 20_000);
      const { exit } = await bench.ended(run);
      expect(performance.now() - began).toBeLessThan(5000);
      expect(exit).toEqual({ status: 143, known: true });
    }
    expect(bench.processes()).toEqual([]);
  });
});

describe("a leader that ends while others of its run live", () => {
  it("takes its children along when it is killed, and says so", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const run = bench.script(`sleep ${seconds} & sleep ${seconds} & echo up; wait`);
    const pid = await bench.pid(run);
    await bench.line("up");
    killProcess(pid);
    expect(await bench.ended(run)).toEqual({ exit: { status: 137, known: true }, note: "2 processes it left behind ended too" });
    expect(processesWith(["sleep", seconds])).toEqual([]);
    expect(bench.row(run).endings).toBe(1);
  });

  it("is over when it forks and exits; nothing of it runs on unseen", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const run = bench.script(`sleep ${seconds} & exit 0`);
    expect(await bench.ended(run)).toEqual({ exit: { status: 0, known: true }, note: "1 process it left behind ended too" });
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("does not leave behind a daemon that left its session and its parents", async () => {
    const bench = new Bench();
    const seconds = uniqueSeconds();
    const run = bench.script(`setsid sh -c 'sleep ${seconds} & echo up' ; sleep 0.1; exit 1`);
    await bench.line("up");
    await bench.ended(run);
    await until(
      () => processesWith(["sleep", seconds]).length === 0,
      10_000,
      () => "the daemon runs on",
    );
    expect(bench.warnings).toContain("ended processes that the last run left behind");
  });

  it("does not take a look at its next run for a stray of the last one", async () => {
    const bench = new Bench();
    await bench.ended(bench.begin(["/bin/false"]));
    const next = bench.begin(["sleep", "600"], { generation: 2 });
    const pid = await bench.pid(next);
    await pause(2600); // strays are looked for two seconds later
    expect(alive(pid)).toBe(true);
  });
});

describe("kill -9 of the shim", () => {
  it("leaves the service alive, supervised, and its end is noticed", async () => {
    const bench = new Bench();
    const run = bench.begin(["sleep", "600"]);
    const pid = await bench.pid(run);
    const shim = bench.processes().find((each) => each !== pid)!;
    killProcess(shim);
    await until(() => bench.warnings.length > 0);
    expect(alive(pid)).toBe(true);
    killProcess(pid);
    expect(await bench.ended(run)).toEqual({ exit: { status: null, known: false }, note: undefined });
  });

  it("does not keep the service from being stopped", async () => {
    const bench = new Bench();
    const run = bench.begin(["sleep", "600"]);
    const pid = await bench.pid(run);
    killProcess(bench.processes().find((each) => each !== pid)!);
    await until(() => bench.warnings.length > 0);
    expect(bench.runs.terminate("api", "SIGTERM", 5000)).toBe(true);
    await bench.ended(run);
    expect(alive(pid)).toBe(false);
    expect(bench.row(run).endings).toBe(1);
  });

  it("together with its service counts as one end", async () => {
    const bench = new Bench();
    const run = bench.begin(["sleep", "600"]);
    await bench.pid(run);
    for (const pid of bench.processes()) killProcess(pid);
    await bench.ended(run);
    await pause(200);
    expect(bench.row(run).endings).toBe(1);
  });
});
