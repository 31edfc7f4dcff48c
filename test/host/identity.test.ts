import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { bootId, identify, isSame, signalSame, startTime } from "../../src/adapters/process/identity.js";

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function child(program: string, args: string[], options = {}): Promise<number> {
  const started = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"], ...options });
  children.push(started);
  await once(started, "spawn");
  return started.pid!;
}

describe("a process's identity", () => {
  it("stays the same while it lives and ends with it", async () => {
    const pid = await child("sleep", ["100"]);
    const identity = identify(pid)!;
    expect(identity).toEqual({ pid, startTime: startTime(pid), bootId: bootId() });
    expect(isSame(identity)).toBe(true);
    children[0]!.kill("SIGKILL");
    await once(children[0]!, "exit");
    expect([isSame(identity), startTime(pid)]).toEqual([false, null]);
  });

  it("tells a process that was given the same pid later, and does not signal it", async () => {
    const pid = await child("sleep", ["100"]);
    const identity = identify(pid)!;
    for (const other of [
      { ...identity, startTime: "1" },
      { ...identity, bootId: "other" },
    ]) {
      expect([isSame(other), signalSame(other, "SIGKILL")]).toEqual([false, false]);
    }
    expect(isSame(identity)).toBe(true);
    expect(signalSame(identity, "SIGKILL")).toBe(true);
    await once(children[0]!, "exit");
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 40])("is not there for the pid %d", (pid) => {
    expect(startTime(pid)).toBeNull();
  });

  it.runIf(existsSync("/proc/self/stat"))("is read rightly when the program's name looks like more fields", async () => {
    const dir = mkdtempSync(join(tmpdir(), "aura-name-"));
    const program = join(dir, "a) S 1 (b");
    symlinkSync("/bin/sleep", program);
    const pid = await child(program, ["100"]);
    while (readFileSync(`/proc/${pid}/comm`, "utf8") !== "a) S 1 (b\n") await new Promise(setImmediate);
    const plain = await child("sleep", ["100"]);
    expect(Number(startTime(plain)) - Number(startTime(pid))).toBeGreaterThanOrEqual(0);
    expect(Number(startTime(plain)) - Number(startTime(pid))).toBeLessThan(500);
    rmSync(dir, { recursive: true });
  });

  it.runIf(existsSync("/proc/self/stat"))("is gone for a zombie, which nobody has waited for yet", async () => {
    // It ends when the shell, which would wait for it, has given way.
    await child("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 100"]);
    const [output] = (await once(children[0]!.stdout!, "data")) as [Buffer];
    const zombie = Number(output.toString().trim());
    while (!/\) Z /.test(readFileSync(`/proc/${zombie}/stat`, "utf8"))) await new Promise(setImmediate);
    expect(startTime(zombie)).toBeNull();
  });
});
