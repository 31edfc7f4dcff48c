import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { alive, processesWith } from "../support/processes.js";
import { slowness, until } from "../support/until.js";
import { uniqueSeconds } from "../process/harness.js";
import { KEY, SliceBench } from "./harness.js";

describe("a slice", () => {
  it("given as text runs in a shell, in its working directory, with both streams in a log for its owner only", async () => {
    const bench = new SliceBench();
    const asked = bench.ask("echo one | tr a-z A-Z; pwd; echo two >&2");
    const result = await asked.result;
    expect(result).toMatchObject({ outcome: "succeeded", exit_status: 0, reason: "exit status 0" });
    expect(result.ms).toBeGreaterThanOrEqual(0);
    expect(bench.output()).toBe(`ONE\n${bench.dir}\ntwo\n`);
    expect(statSync(bench.logFile()).mode & 0o777).toBe(0o600);
    expect(asked.pids).toHaveLength(1);
    expect(bench.processes()).toEqual([]);
  });

  it("given as a list is executed as it is", async () => {
    const bench = new SliceBench();
    await bench.run(["printf", "%s|", "a b", "$HOME", "*"]);
    expect(bench.output()).toBe("a b|$HOME|*|");
  });

  it("is told which epoch, slice, attempt, phase and role it works for, and inherits the rest", async () => {
    const bench = new SliceBench();
    await bench.run("env", { attempt: 3 });
    const lines = bench.output({ ...KEY, attempt: 3 }).split("\n");
    const told = ["AURA_EPOCH_ID=e.1", "AURA_SLICE_ID=build", "AURA_ATTEMPT=3", "AURA_PHASE=p9", "AURA_ROLE=worker", "AURA_HOST=laptop"];
    expect(lines).toEqual(expect.arrayContaining([...told, "LANG=C.UTF-8"]));
  });

  it("fails with its exit status, and with the name of the signal that ended it", async () => {
    const bench = new SliceBench();
    expect(await bench.run("exit 7")).toMatchObject({ outcome: "failed", exit_status: 7, reason: "exit status 7" });
    const killed = await bench.run("kill -KILL $$", { attempt: 2 });
    expect(killed).toMatchObject({ outcome: "failed", exit_status: 137, reason: "exit status 137 (SIGKILL)" });
  });

  it("that ended leaves nothing behind: what it started in the background ends with it", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const result = await bench.run(`sleep ${seconds} & setsid sleep ${seconds} & echo up`);
    expect(result.outcome).toBe("succeeded");
    expect(processesWith(["sleep", seconds])).toEqual([]);
    expect(bench.runFiles()).toEqual([]);
  });

  it("whose program or working directory is missing fails with one line that says what to do", async () => {
    const bench = new SliceBench();
    const plain = join(bench.dir, "plain.txt");
    writeFileSync(plain, "text");
    chmodSync(plain, 0o644);
    const cases: [unknown, string][] = [
      [
        await bench.run(["no-such-program-anywhere"]),
        "no-such-program-anywhere was not found on PATH; install it, or correct command in the slice plan",
      ],
      [
        await bench.run([plain], { attempt: 2 }),
        `${plain} is not executable (working directory ${bench.dir}); install it, or correct command in the slice plan`,
      ],
      [
        await bench.run("true", { attempt: 3, working_dir: join(bench.dir, "gone") }),
        `working directory ${bench.dir}/gone does not exist; create it, or correct working_dir in the slice plan`,
      ],
    ];
    for (const [result, reason] of cases) expect(result).toEqual({ outcome: "failed", exit_status: null, reason, ms: 0 });
    expect(await bench.run("no-such-program-anywhere", { attempt: 4 })).toMatchObject({
      outcome: "failed",
      reason: "exit status 127 (a command was not found; see its log)",
    });
  });

  it("with a command that no system could start fails, and nothing else", async () => {
    const bench = new SliceBench();
    expect(await bench.run(["echo", "x".repeat(200_000)])).toMatchObject({ outcome: "failed", exit_status: null });
    expect(await bench.run("echo fine", { attempt: 2 })).toMatchObject({ outcome: "succeeded" });
  });

  it("with an id that would lead out of its folder is refused", async () => {
    const bench = new SliceBench();
    await expect(bench.run("true", { slice_id: "../x" })).rejects.toThrow('"../x" is not a slice id');
    await expect(bench.run("true", { epoch_id: ".." })).rejects.toThrow('".." is not an epoch id');
  });

  it("runs on when nobody waits for it any more", async () => {
    const bench = new SliceBench();
    const asked = bench.ask("echo up; while [ ! -e go ]; do sleep 0.02; done; echo done");
    await bench.line("up");
    asked.abort.abort(new Error("the worker is shutting down"));
    await expect(asked.result).rejects.toThrow("the worker is shutting down");
    writeFileSync(join(bench.dir, "go"), "");
    expect(await bench.run("echo another")).toMatchObject({ outcome: "succeeded" });
    expect(bench.output()).toBe("up\ndone\n");
  });
});

describe("a time-out", () => {
  it("ends a slice that listens to SIGTERM at once, and says so", async () => {
    const bench = new SliceBench();
    const result = await bench.run("trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.02; done 2>/dev/null", { timeout_s: 0.5 });
    expect(result).toMatchObject({ outcome: "timed_out", exit_status: 3, reason: "timed out after 500ms; ended at SIGTERM" });
    expect(result.ms).toBeLessThan(500 + 1000 * slowness());
    expect(bench.output()).toMatch(/^up\n(?:Terminated\n)?bye\n$/);
  });

  it("kills the whole tree of one that does not listen after five seconds", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const result = await bench.run(`trap '' TERM; setsid sleep ${seconds} & sleep ${seconds}; sleep ${seconds}`, { timeout_s: 0.2 });
    expect(result.outcome).toBe("timed_out");
    expect(result.reason).toMatch(/^timed out after 200ms; did not end at SIGTERM, killed after 5s/);
    expect(result.ms).toBeGreaterThan(5000);
    expect(result.ms).toBeLessThan(5200 + 1000 * slowness());
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });
});

describe("a stop", () => {
  it("ends the whole tree and is told within a second", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const asked = bench.ask(`setsid sleep ${seconds} & sleep ${seconds} & echo up; wait`);
    await bench.line("up");
    const before = performance.now();
    await bench.runs.stop(KEY, "the epoch was cancelled");
    expect(performance.now() - before).toBeLessThan(1000 * slowness());
    expect(processesWith(["sleep", seconds])).toEqual([]);
    const result = await asked.result;
    expect(result).toMatchObject({ outcome: "cancelled", exit_status: 143 });
    expect(result.reason).toMatch(/^the epoch was cancelled; ended at SIGTERM/);
    expect(asked.pids.some(alive)).toBe(false);
  });

  it("that comes before the start keeps the attempt from ever starting, and no other", async () => {
    const bench = new SliceBench();
    await bench.runs.stop(KEY, "superseded");
    const refused = { outcome: "cancelled", reason: "superseded; it had not started and never will" };
    expect(await bench.run("touch ran")).toMatchObject(refused);
    bench.reopen();
    expect(await bench.run("touch ran")).toMatchObject(refused);
    expect(existsSync(join(bench.dir, "ran"))).toBe(false);
    expect(bench.runs.unfinished()).toEqual([]);
    expect(await bench.run("touch ran", { attempt: 2 })).toMatchObject({ outcome: "succeeded" });
  });

  it("of one that has ended changes nothing", async () => {
    const bench = new SliceBench();
    await bench.run("exit 4");
    await bench.runs.stop(KEY, "too late");
    expect(await bench.run("exit 4")).toMatchObject({ outcome: "failed", exit_status: 4 });
  });

  it("in the moment of the start leaves nothing running", async () => {
    const bench = new SliceBench();
    for (let attempt = 1; attempt <= 15; attempt++) {
      const asked = bench.ask("touch ran.$AURA_ATTEMPT; sleep 1000", { attempt });
      if (attempt % 3 > 0) await new Promise((resolve) => setTimeout(resolve, attempt % 3));
      await bench.runs.stop({ ...KEY, attempt }, "changed my mind");
      expect(await asked.result).toMatchObject({ outcome: "cancelled" });
    }
    expect(bench.processes()).toEqual([]);
  });
});

describe("an attempt", () => {
  it("asked for twice runs once, and both are told its end", async () => {
    const bench = new SliceBench();
    const asks = [1, 2, 3].map(() => bench.ask("echo ran"));
    const results = await Promise.all(asks.map(({ result }) => result));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(await bench.run("echo ran")).toEqual(results[0]);
    expect(bench.output()).toBe("ran\n");
  });

  it("asked for again after it was collected tells the same result and does not run", async () => {
    const bench = new SliceBench();
    const result = await bench.run("echo ran; exit 5");
    bench.runs.collected(KEY);
    expect(await bench.run("echo ran")).toEqual(result);
    bench.reopen();
    expect(bench.runs.unfinished()).toEqual([]);
    expect(await bench.run("echo ran")).toEqual(result);
    expect(bench.output()).toBe("ran\n");
  });

  it("of an earlier epoch with the same name is not this one's: it is ended, and this one runs", async () => {
    const bench = new SliceBench();
    const [old, young] = ["2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"];
    await bench.run("echo collected", { epoch_started_at: old });
    bench.runs.collected({ ...KEY, epoch_started_at: old });
    const left = bench.ask("echo left; sleep 1000", { epoch_started_at: old, attempt: 2 });
    await bench.line("left", { ...KEY, attempt: 2 });
    await bench.runs.stop({ ...KEY, epoch_started_at: old, attempt: 3 }, "superseded");
    for (const attempt of [1, 2, 3]) {
      const result = await bench.run("echo $AURA_ATTEMPT is mine", { epoch_started_at: young, attempt });
      expect(result).toMatchObject({ outcome: "succeeded" });
      expect(bench.output({ ...KEY, attempt })).toBe(`${attempt} is mine\n`);
      expect(await bench.run("echo twice", { epoch_started_at: young, attempt })).toEqual(result);
    }
    expect((await left.result).reason).toMatch(/^another epoch of the same name has started since; ended at SIGTERM/);
    bench.reopen();
    expect(bench.runs.unfinished()).toEqual([1, 2, 3].map((attempt) => ({ ...KEY, epoch_started_at: young, attempt })));
    bench.runs.collected({ ...KEY, epoch_started_at: young });
    expect(await bench.run("echo twice", { epoch_started_at: young })).toMatchObject({ outcome: "succeeded" });
    expect(bench.output()).toBe("1 is mine\n");
  });

  it("with another number runs beside it, with a log of its own", async () => {
    const bench = new SliceBench();
    const first = bench.ask("echo one; sleep 1000");
    await bench.line("one");
    expect(await bench.run("echo two", { attempt: 2 })).toMatchObject({ outcome: "succeeded" });
    await bench.runs.stop(KEY, "superseded by attempt 2");
    expect(await first.result).toMatchObject({ outcome: "cancelled" });
    expect(bench.output({ ...KEY, attempt: 2 })).toBe("two\n");
  });

  it("keeps no environment on the disk", async () => {
    const bench = new SliceBench();
    await bench.run("true");
    expect(readFileSync(bench.recordFile(), "utf8")).not.toContain("/nonexistent");
  });

  it("that cannot be recorded is not started", async () => {
    const bench = new SliceBench();
    mkdirSync(bench.recordFile());
    const result = await bench.run("touch ran");
    expect(result).toMatchObject({ outcome: "failed", exit_status: null });
    expect(result.reason).toMatch(/^it could not be started: /);
    expect(existsSync(join(bench.dir, "ran"))).toBe(false);
  });

  it("is told its pid while it runs, also when it is asked for later", async () => {
    const bench = new SliceBench();
    const first = bench.ask("echo up; sleep 1000");
    await bench.line("up");
    const [pid] = await until(() => (first.pids.length > 0 ? first.pids : null));
    const second = bench.ask("echo up; sleep 1000");
    await until(() => second.pids.length > 0);
    expect(second.pids).toEqual([pid]);
    expect(alive(pid!)).toBe(true);
    await bench.runs.stop(KEY, "enough");
    await second.result;
  });
});
