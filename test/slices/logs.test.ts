import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createSliceLogs, type SliceLogs } from "../../src/adapters/slices/slice-logs.js";
import { until } from "../support/until.js";
import { KEY, SliceBench } from "./harness.js";

const SLICE = { epoch_id: KEY.epoch_id, slice_id: KEY.slice_id };

function logsOf(bench: SliceBench): SliceLogs {
  return createSliceLogs({ logDir: bench.logDir, isRunning: (key) => bench.runs.isRunning(key) });
}

/** Follows in the background. */
function followed(logs: SliceLogs, lines = 50, attempt?: number): { lines: string[]; over: Promise<void>; abort: AbortController } {
  const abort = new AbortController();
  const got: string[] = [];
  const over = (async () => {
    const query = { ...SLICE, lines, ...(attempt === undefined ? {} : { attempt }) };
    for await (const line of logs.follow(query, abort.signal)) got.push(line);
  })();
  return { lines: got, over, abort };
}

describe("the log of a slice", () => {
  it("is read from its end, of the newest attempt unless another is named", async () => {
    const bench = new SliceBench();
    const logs = logsOf(bench);
    await bench.run("echo one; echo two; echo three");
    await bench.run("echo four", { attempt: 2 });
    await bench.run("echo other", { slice_id: "build.2", attempt: 10 });
    expect(logs.attempts("e.1", "build")).toEqual([1, 2]);
    expect(logs.attempts("e.1", "build.2")).toEqual([10]);
    expect(await logs.tail({ ...SLICE, lines: 5 })).toEqual(["four"]);
    expect(await logs.tail({ ...SLICE, attempt: 1, lines: 2 })).toEqual(["two", "three"]);
  });

  it("that is not there is told apart from an empty one", async () => {
    const bench = new SliceBench();
    const logs = logsOf(bench);
    await expect(logs.tail({ ...SLICE, lines: 1 })).rejects.toMatchObject({
      code: "not_found",
      message: "slice build of epoch e.1 has no log on this host",
    });
    await bench.run("true");
    expect(await logs.tail({ ...SLICE, lines: 1 })).toEqual([]);
    await expect(logs.tail({ ...SLICE, attempt: 7, lines: 1 })).rejects.toMatchObject({ code: "not_found", fix: "there is one of: 1" });
    await expect(logs.tail({ epoch_id: "../..", slice_id: "x", lines: 1 })).rejects.toMatchObject({ code: "usage" });
  });

  it("is followed line by line, and ends with the attempt", async () => {
    const bench = new SliceBench();
    const asked = bench.ask("echo one; echo two; while [ ! -e go ]; do sleep 0.02; done; echo three; printf four");
    await bench.line("two");
    const follow = followed(logsOf(bench), 1);
    await until(() => follow.lines.includes("two"));
    writeFileSync(join(bench.dir, "go"), "");
    await asked.result;
    await follow.over;
    expect(follow.lines).toEqual(["two", "three", "four"]);
  });

  it("shows a prompt that no newline follows", async () => {
    const bench = new SliceBench();
    const asked = bench.ask("printf 'go on? '; sleep 1000");
    await bench.line("go on?");
    const follow = followed(logsOf(bench));
    await until(() => follow.lines.includes("go on? "));
    await bench.runs.stop(KEY, "enough");
    await asked.result;
    await follow.over;
  });

  it("of an attempt that has ended is told and ends at once", async () => {
    const bench = new SliceBench();
    await bench.run("echo one; echo two");
    const follow = followed(logsOf(bench));
    await follow.over;
    expect(follow.lines).toEqual(["one", "two"]);
  });

  it("is let go of when the signal aborts", async () => {
    const bench = new SliceBench();
    bench.ask("echo up; sleep 1000");
    await bench.line("up");
    const follow = followed(logsOf(bench));
    await until(() => follow.lines.length === 1);
    follow.abort.abort();
    await follow.over;
    expect(bench.runs.isRunning(KEY)).toBe(true);
  });

  it("that somebody else's file stands beside is still found", async () => {
    const bench = new SliceBench();
    mkdirSync(join(bench.logDir, "e.1"), { recursive: true });
    for (const file of ["build.log", "build.x.log", "build.1.log.gz", "build.0.log"]) writeFileSync(join(bench.logDir, "e.1", file), "no");
    await bench.run("echo mine", { attempt: 3 });
    expect(logsOf(bench).attempts("e.1", "build")).toEqual([3]);
  });
});
