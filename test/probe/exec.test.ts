import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createProbe } from "../../src/adapters/probe/probe.js";
import { target } from "./servers.js";

const { probe } = createProbe();
const dir = mkdtempSync(join(tmpdir(), "aura-probe-"));
afterAll(() => rmSync(dir, { recursive: true }));
const path = process.env["PATH"] ?? "";

const sh = (script: string, rest: { timeoutMs?: number; env?: Record<string, string>; workingDir?: string } = {}) =>
  probe(
    target(
      { type: "exec", command: ["sh", "-c", script], timeoutMs: rest.timeoutMs ?? 5000 },
      { env: { PATH: path, ...rest.env }, ...(rest.workingDir === undefined ? {} : { workingDir: rest.workingDir }) },
    ),
  );

describe("an exec probe", () => {
  it("is healthy on exit 0, whatever it prints", async () => {
    expect(await sh("echo out; echo err >&2; exit 0")).toBeNull();
  });

  it("names the program, its exit status and the end of its stderr in one line", async () => {
    expect(await sh("echo 'no such\ndatabase' >&2; exit 3")).toBe("exec sh: exited 3: no such database");
    const long = await sh("i=0; while [ $i -lt 500 ]; do echo line$i >&2; i=$((i+1)); done; exit 1");
    expect(long).toMatch(/^exec sh: exited 1: .*line499$/);
    expect(long!.length).toBeLessThan(230);
  });

  it("says which signal ended it", async () => {
    expect(await sh("kill -SEGV $$")).toBe("exec sh: killed by SIGSEGV");
  });

  it("runs in the working directory with exactly the given environment", async () => {
    expect(
      await sh(`test "$PWD" = "${dir}" && test "$COLOUR" = green && test -z "$SECRET_OF_AURA"`, {
        workingDir: dir,
        env: { COLOUR: "green" },
      }),
    ).toBeNull();
  });

  it("never shows an env value, for reasons enter histories", async () => {
    const reason = await sh('echo "login of $DB_PASSWORD on $PORT failed" >&2; exit 1', {
      env: { DB_PASSWORD: "hunter2hunter2", PORT: "21000" },
    });
    expect(reason).toBe("exec sh: exited 1: login of *** on 21000 failed");
    const cut = await sh('echo "$KEY" >&2; exit 1', { env: { KEY: "k".repeat(300) } });
    expect(cut).toBe("exec sh: exited 1: ***");
  });

  it("says that the program is missing, not executable, or its directory is gone", async () => {
    const run = (command: string[], workingDir?: string) =>
      probe(target({ type: "exec", command }, { env: { PATH: "/usr/bin:/bin" }, ...(workingDir === undefined ? {} : { workingDir }) }));
    expect(await run(["no-such-program-here"])).toBe("exec no-such-program-here: not found");
    writeFileSync(join(dir, "plain"), "text", { mode: 0o644 });
    expect(await run([join(dir, "plain")])).toBe("exec plain: not executable");
    expect(await run(["true"], join(dir, "gone"))).toBe(`exec true: working directory ${join(dir, "gone")} not found`);
    expect(await run([])).toMatch(/^exec /);
  });

  it("kills the whole group at the timeout, also what ignores SIGTERM", async () => {
    const pids = join(dir, "pids");
    const reason = await sh(
      `trap '' TERM; sleep 300 & echo $! >> ${pids}; (trap '' TERM; sleep 300) & echo $! >> ${pids}; echo $$ >> ${pids}; wait`,
      { timeoutMs: 500 },
    );
    expect(reason).toBe("timed out after 500ms");
    const started = readFileSync(pids, "utf8").trim().split("\n").map(Number);
    expect(started).toHaveLength(3);
    await Promise.all(started.map(gone));
  });

  it("leaves nothing behind when the check ends before its children", async () => {
    const pids = join(dir, "orphans");
    expect(await sh(`sleep 300 & echo $! > ${pids}; exit 0`)).toBeNull();
    await gone(Number(readFileSync(pids, "utf8")));
  });

  it("does not wait for a descendant that left the group and holds stderr open", async () => {
    const pids = join(dir, "escaped");
    const script = `
      const child = require("node:child_process").spawn("sleep", ["300"], { detached: true, stdio: "inherit" });
      require("node:fs").writeFileSync(${JSON.stringify(pids)}, String(child.pid));
      process.exit(1);`;
    const timeoutMs = 10_000;
    const reason = await probe(target({ type: "exec", command: [process.execPath, "-e", script], timeoutMs }));
    const pid = Number(readFileSync(pids, "utf8"));
    expect(isSignalable(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
    expect(reason).toBe("exec node: exited 1");
  });
});

/** Resolves when the process is dead (a zombie counts: its parent is init). */
async function gone(pid: number): Promise<void> {
  const alive = () => {
    if (!existsSync("/proc")) return isSignalable(pid);
    const stat = `/proc/${pid}/stat`;
    try {
      return !/\) Z/.test(readFileSync(stat, "utf8"));
    } catch {
      return false;
    }
  };
  while (alive()) await new Promise((resolve) => setImmediate(resolve));
}

function isSignalable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
