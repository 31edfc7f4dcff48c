import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AuraError } from "../../src/shared/errors.js";
import { missing } from "../support/components.js";
import { until } from "../support/until.js";
import { Bench } from "./harness.js";

function status(pid: number, field: string): string {
  return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
}

function stat(pid: number): { parent: number; group: number; session: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ")
    .map(Number);
  return { parent: fields[1]!, group: fields[2]!, session: fields[3]! };
}

describe("the end of a run", () => {
  it.each([
    ["exit 0", 0],
    ["exit 1", 1],
    ["exit 125", 125],
    ["exit 255", 255],
    ["kill -KILL $$", 137],
    ["kill -TERM $$", 143],
    ["kill -SEGV $$", 139],
  ])("after `%s` has status %i, known, told once", async (script, expected) => {
    const bench = new Bench();
    const run = bench.script(script);
    expect(await bench.ended(run)).toEqual({ exit: { status: expected, known: true }, note: undefined });
    expect(bench.row(run)).toMatchObject({ endings: 1 });
  });

  it("is told after the program was seen running, even when it is over at once", async () => {
    const bench = new Bench();
    const runs = Array.from({ length: 20 }, (_, index) => bench.begin(["/bin/true"], { service: `s${index}` }));
    for (const run of runs) {
      expect((await bench.ended(run)).exit).toEqual({ status: 0, known: true });
      expect(bench.row(run)).toMatchObject({ running: 1, endings: 1 });
    }
  });

  it("leaves no files once it is forgotten", async () => {
    const bench = new Bench();
    const run = bench.begin(["/bin/true"]);
    await bench.ended(run);
    expect(bench.files()).toEqual(["api@1.claim", "api@1.exit"]);
    bench.runs.forget(run);
    expect(bench.files()).toEqual([]);
  });
});

describe("what cannot be started", () => {
  const refusal = (bench: Bench, command: readonly string[], workingDir = bench.dir): AuraError => {
    try {
      bench.begin(command, { workingDir });
    } catch (error) {
      expect(error).toBeInstanceOf(AuraError);
      return error as AuraError;
    }
    throw new Error("it was started");
  };

  it("says what is missing and how to mend it", () => {
    const bench = new Bench();
    writeFileSync(join(bench.dir, "data"), "x");
    chmodSync(join(bench.dir, "data"), 0o600);
    expect(refusal(bench, ["no-such-program"]).message).toBe("no-such-program was not found on PATH");
    expect(refusal(bench, ["/no/such/program"]).message).toMatch(/^\/no\/such\/program does not exist/);
    expect(refusal(bench, ["./data"]).message).toMatch(/is not executable/);
    expect(refusal(bench, ["/tmp/"]).message).toMatch(/is a directory/);
    expect(refusal(bench, ["true"], "/no/such/dir").message).toBe("working directory /no/such/dir does not exist");
    expect(refusal(bench, ["no-such-program"]).fix).toMatch(/full path/);
  });

  it("leaks no descriptor, neither then nor when it runs", async () => {
    const bench = new Bench();
    bench.begin(["/bin/true"], { service: "warm-up" });
    const open = (): number => readdirSync("/proc/self/fd").length;
    const before = open();
    for (let i = 0; i < 20; i++) refusal(bench, ["no-such-program"]);
    for (let i = 0; i < 20; i++) await bench.ended(bench.begin(["/bin/true"], { generation: i + 1 }));
    expect(open()).toBeLessThanOrEqual(before);
  });

  it("fails with 127 and a line in its log when a restart finds its program gone", async () => {
    const bench = new Bench();
    const run = bench.begin(["./gone"], { again: true });
    expect((await bench.ended(run)).exit).toEqual({ status: 127, known: true });
    expect(bench.output()).toMatch(/gone.*not found/);
  });
});

describe.runIf(process.platform === "linux")("a service's process", () => {
  it("has a session and a group of its own, apart from aurad's", async () => {
    const bench = new Bench();
    const pid = await bench.pid(bench.begin(["sleep", "600"]));
    const { group, session, parent } = stat(pid);
    expect(session).toBe(group);
    expect(session).not.toBe(stat(process.pid).session);
    expect(parent).toBe(group);
  });

  it("has nothing open but stdin on /dev/null and its log, whatever aurad inherited", async () => {
    const bench = new Bench();
    const pid = await bench.pid(bench.begin(["sleep", "600"]));
    await until(() => readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n");
    expect(readdirSync(`/proc/${pid}/fd`).toSorted()).toEqual(["0", "1", "2"]);
    expect([0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))).toEqual(["/dev/null", bench.logFile, bench.logFile]);
  });

  it("has every signal at its default and none blocked, SIGPIPE too, which aurad itself ignores", async () => {
    const bench = new Bench();
    const pid = await bench.pid(bench.begin(["sleep", "600"]));
    await until(() => readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n");
    expect(Number(`0x${status(process.pid, "SigIgn")}`) & (1 << 12)).not.toBe(0);
    // 32 and 33 are the C library's own: glibc leaves them ignored, and no program can use them.
    const own = 0b11n << 31n;
    expect(["SigIgn", "SigBlk", "SigCgt"].map((field) => BigInt(`0x${status(pid, field)}`) & ~own)).toEqual([0n, 0n, 0n]);
  });

  it("has the umask of its spec, 022 without one", async () => {
    const bench = new Bench();
    await bench.ended(bench.script(": >plain; umask"));
    await bench.ended(bench.script(": >tight; umask", { generation: 2, umask: 0o077 }));
    expect(statSync(join(bench.dir, "plain")).mode & 0o777).toBe(0o644);
    expect(statSync(join(bench.dir, "tight")).mode & 0o777).toBe(0o600);
    expect(bench.output()).toBe("0022\n0077\n");
  });

  it("gets its words as they are and exactly its environment, the mark of its run beside it", async () => {
    const bench = new Bench();
    const words = ["a b", "$HOME", "`id`", "'", '"', "\\", "*", "", "ümlaut\nline"];
    await bench.ended(bench.begin(["/usr/bin/env", "-u", "PWD", "-u", "OLDPWD", "-u", "_", "printf", "<%s>", ...words]));
    expect(bench.output()).toBe(words.map((word) => `<${word}>`).join(""));
    const second = new Bench();
    await second.ended(second.begin(["/usr/bin/env"], { env: { PATH: "/usr/bin:/bin", GREETING: "hello\tyou" } }));
    const names = second
      .output()
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0])
      .toSorted();
    expect(names.filter((name) => name !== "PWD" && name !== "OLDPWD")).toEqual(["AURA_INSTANCE", "GREETING", "PATH"]);
    expect(second.output()).toContain(`AURA_INSTANCE=${second.homeId}:api:1\n`);
  });

  it("does not mistake a program or a directory that begins with a dash for an option", async () => {
    const bench = new Bench();
    execFileSync("mkdir", ["--", join(bench.dir, "-P")]);
    writeFileSync(join(bench.dir, "-P", "-c"), '#!/bin/sh\npwd; echo "$@"\n', { mode: 0o755 });
    await bench.ended(bench.begin(["./-c", "-x", "--"], { workingDir: join(bench.dir, "-P") }));
    expect(bench.output()).toBe(`${join(bench.dir, "-P")}\n-x --\n`);
  });
});

describe.skipIf(missing("root"))("run as another user", () => {
  it("has that user's ids and groups, and nobody else's", async () => {
    const bench = new Bench();
    chmodSync(bench.dir, 0o755);
    await bench.ended(bench.begin(["id"], { user: "nobody", workingDir: "/" }));
    expect(bench.output()).toBe(
      execFileSync(
        "setpriv",
        ["--reuid=nobody", `--regid=${execFileSync("id", ["-g", "nobody"], { encoding: "utf8" }).trim()}`, "--init-groups", "id"],
        { encoding: "utf8" },
      ),
    );
    expect(bench.output()).toMatch(/^uid=\d+\(nobody\)/);
  });

  it("is stopped as any other, and refused with a clear line when there is no such user", async () => {
    const bench = new Bench();
    const run = bench.begin(["sleep", "600"], { user: "nobody", workingDir: "/" });
    await bench.pid(run);
    expect(bench.runs.terminate("api", "SIGTERM", 5000)).toBe(true);
    expect((await bench.ended(run)).exit.status).toBe(143);
    expect(() => bench.begin(["id"], { user: "no-such-user" })).toThrow("there is no user no-such-user on this host");
  });
});
