import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSliceRuns } from "../../src/adapters/slices/slice-runs.js";
import { silentLog } from "../../src/shared/log.js";
import { uniqueSeconds } from "../process/harness.js";
import { missing } from "../support/components.js";
import { alive, killProcess, processesWith } from "../support/processes.js";
import { slowness, until } from "../support/until.js";
import { ENV, KEY, scratch, SliceBench } from "./harness.js";

const TMUX = { mode: "tmux" } as const;

function tmuxDirs(bench: SliceBench): string[] {
  return spawnSync("ls", [join(bench.stateDir, "tmux")], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((name) => name !== "");
}

describe.skipIf(missing("tmux"))("a slice in tmux", () => {
  it("runs on a terminal in a window of its epoch's session, which a person is told how to look at", async () => {
    const bench = new SliceBench();
    const asked = bench.ask("test -t 0 && test -t 1 && echo up on a terminal; while [ ! -e go ]; do sleep 0.05; done; exit 3", TMUX);
    await bench.line("up on a terminal");
    expect(bench.tmux("list-windows", "-a", "-F", "#{session_name}:#{window_name}")).toBe("aura-e_1:build");
    expect(bench.tmux("capture-pane", "-p", "-t", "aura-e_1:build")).toContain("up on a terminal");
    const attach = `tmux -S ${bench.stateDir}/tmux.sock attach -t aura-e_1`;
    expect(bench.messages).toContain(`slice runs in tmux; look at it with: ${attach}`);
    writeFileSync(join(bench.dir, "go"), "");
    expect(await asked.result).toMatchObject({ outcome: "failed", exit_status: 3, reason: "exit status 3" });
    expect(statSync(bench.logFile()).mode & 0o777).toBe(0o600);
    expect(bench.processes()).toEqual([]);
    expect(tmuxDirs(bench)).toEqual([]);
  });

  it("takes what a person types", async () => {
    const bench = new SliceBench();
    const asked = bench.ask("echo 'go on?'; read answer; echo \"told: $answer\"", TMUX);
    await bench.line("go on?");
    bench.tmux("send-keys", "-t", "aura-e_1:build", "with pleasure", "Enter");
    expect(await asked.result).toMatchObject({ outcome: "succeeded" });
    expect(bench.output()).toContain("told: with pleasure");
  });

  it("has its working directory, its environment and every word of its command as they were given", async () => {
    const bench = new SliceBench(scratch(" %d #S 'quoted'"));
    await bench.run(["/bin/sh", "-c", 'pwd; printf "%s|" "$@"; env', "sh", "a b", "it's", '"$HOME" #{pane_id} %H', "x\ny"], TMUX);
    const output = bench.output().replaceAll("\r", "");
    expect(output).toContain(`${bench.dir}\n`);
    expect(output).toContain(`a b|it's|"$HOME" #{pane_id} %H|x\ny|`);
    expect(output.split("\n")).toEqual(
      expect.arrayContaining(["HOME=/nonexistent", "AURA_SLICE_ID=build", "AURA_ATTEMPT=1", "AURA_ROLE=worker"]),
    );
    expect(output).toMatch(/^TERM=(?:tmux|screen)/m);
  });

  it("has all of a long output in its log when it is told as ended", async () => {
    const bench = new SliceBench();
    await bench.run("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); echo line $i; done", TMUX);
    const lines = bench.output().replaceAll("\r", "").trimEnd().split("\n");
    expect(lines).toEqual(Array.from({ length: 20_000 }, (_, i) => `line ${i + 1}`));
  });

  it("shares the session with the other slices of its epoch, each in a window of its own, started at once", async () => {
    const bench = new SliceBench();
    const ids = ["a", "b", "c", "d", "e", "f"];
    const asks = ids.map((slice_id) =>
      bench.ask("echo $AURA_SLICE_ID; while [ ! -e go ]; do sleep 0.05; done; echo $AURA_SLICE_ID >>ran", { ...TMUX, slice_id }),
    );
    for (const slice_id of ids) await bench.line(slice_id, { ...KEY, slice_id });
    expect(bench.tmux("list-windows", "-a", "-F", "#{session_name}:#{window_name}").split("\n").toSorted()).toEqual(
      ids.map((id) => `aura-e_1:${id}`),
    );
    writeFileSync(join(bench.dir, "go"), "");
    for (const { result } of asks) expect(await result).toMatchObject({ outcome: "succeeded" });
    expect(readFileSync(join(bench.dir, "ran"), "utf8").split("\n").toSorted().join("")).toBe("abcdef");
  });

  it("is stopped with its whole tree within a second, and its window closes", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const other = bench.ask("echo up; sleep 1000", { ...TMUX, slice_id: "other" });
    const asked = bench.ask(`setsid sleep ${seconds} & sleep ${seconds} & trap 'echo bye; exit 0' TERM; echo up; wait`, TMUX);
    await bench.line("up");
    await bench.line("up", { ...KEY, slice_id: "other" });
    const before = performance.now();
    await bench.runs.stop(KEY, "the epoch was cancelled");
    expect(performance.now() - before).toBeLessThan(1000 * slowness());
    expect((await asked.result).reason).toMatch(/^the epoch was cancelled; ended at SIGTERM/);
    expect(processesWith(["sleep", seconds])).toEqual([]);
    expect(bench.output()).toContain("bye");
    await until(() => bench.tmux("list-windows", "-a", "-F", "#{window_name}") === "other");
    expect(other.pids.map(alive)).toEqual([true]);
  });

  it("is killed at its time-out when it does not listen", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const result = await bench.run(`trap '' TERM HUP; sleep ${seconds}; sleep ${seconds}`, { ...TMUX, timeout_s: 0.5 });
    expect(result.outcome).toBe("timed_out");
    expect(result.reason).toMatch(/^timed out after 500ms; did not end at SIGTERM, killed after 5s/);
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("runs on when aurad is gone, is found again, and runs once", async () => {
    const bench = new SliceBench();
    const command = "echo up; echo ran >>ran; while [ ! -e go ]; do sleep 0.05; done; exit 4";
    bench.ask(command, TMUX);
    await bench.line("up");
    bench.reopen();
    expect(bench.runs.unfinished()).toEqual([KEY]);
    const asked = bench.ask(command, TMUX);
    writeFileSync(join(bench.dir, "go"), "");
    expect(await asked.result).toMatchObject({ outcome: "failed", exit_status: 4 });
    expect(readFileSync(join(bench.dir, "ran"), "utf8")).toBe("ran\n");
  });

  it("whose window a person closes has failed, and says so in its log", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const asked = bench.ask(`echo up; sleep ${seconds}`, TMUX);
    await bench.line("up");
    bench.tmux("kill-server");
    expect(await asked.result).toMatchObject({ outcome: "failed", exit_status: 129 });
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("ends as a whole when its pane is killed", async () => {
    const bench = new SliceBench();
    const seconds = uniqueSeconds();
    const asked = bench.ask(`setsid sleep ${seconds} & echo up; sleep ${seconds}`, TMUX);
    await bench.line("up");
    killProcess(Number(bench.tmux("list-panes", "-a", "-F", "#{pane_pid}")));
    expect(await asked.result).toMatchObject({ outcome: "failed", exit_status: 129 });
    expect(bench.output()).toContain("aura: the tmux window was closed");
    expect(processesWith(["sleep", seconds])).toEqual([]);
  });

  it("has its socket in the temporary folder when the path of the home is too long for one", async () => {
    const long = join(scratch(), "x".repeat(100));
    mkdirSync(long);
    const bench = new SliceBench(long);
    expect(await bench.run("echo up", TMUX)).toMatchObject({ outcome: "succeeded" });
    expect(bench.output()).toContain("up");
  });
});

describe("without tmux", () => {
  it("a slice in tmux fails with one line that says how to get it", async () => {
    const bench = new SliceBench();
    const bin = join(bench.dir, "bin");
    mkdirSync(bin);
    symlinkSync("/bin/sh", join(bin, "sh"));
    bench.runs.close();
    bench.runs = createSliceRuns({ ...bench.options, env: { ...ENV, PATH: bin }, log: silentLog });
    expect(await bench.run("echo up", TMUX)).toEqual({
      outcome: "failed",
      exit_status: null,
      ms: 0,
      reason: "tmux was not found on PATH; install tmux (apt-get install tmux, brew install tmux), or set mode: subprocess",
    });
  });

  it("one whose tmux does not work fails too, and leaves nothing", async () => {
    const bench = new SliceBench();
    const bin = join(bench.dir, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "tmux"), "#!/bin/sh\necho no server can be started >&2\nexit 1\n");
    chmodSync(join(bin, "tmux"), 0o755);
    bench.runs.close();
    bench.runs = createSliceRuns({ ...bench.options, env: { ...ENV, PATH: `${bin}:${ENV["PATH"]}` }, log: silentLog });
    expect(await bench.run("echo up", TMUX)).toMatchObject({ outcome: "failed", exit_status: 125 });
    expect(bench.output()).toContain("no server can be started");
    expect(bench.output()).toContain("aura: tmux opened no window");
    expect(existsSync(join(bench.stateDir, "tmux", "e.1+build+1"))).toBe(false);
    rmSync(bin, { recursive: true });
  });
});
