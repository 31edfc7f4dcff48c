import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { errorWord, oneLine, timedOut, withoutEnvValues } from "./reason.js";

const STDERR_SHOWN_CHARS = 200;
/** More is kept than shown, so that a private value is still whole when it is looked for. */
const STDERR_KEPT_BYTES = 8192;
/** How long after the end of the check its stderr may stay open (a child that left the group). */
const STRAGGLER_MS = 100;

export interface ExecProbe {
  readonly command: readonly string[];
  readonly workingDir?: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Healthy on exit 0. The check runs in its own process group, and nothing of it outlives the probe. */
export function probeExec(probe: ExecProbe): Promise<string | null> {
  const [program = "", ...args] = probe.command;
  const name = basename(program);
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = spawn(program, args, {
        cwd: probe.workingDir,
        env: probe.env,
        detached: true,
        stdio: ["ignore", "ignore", "pipe"],
      });
    } catch (error) {
      resolve(`exec ${name}: ${errorWord(error as NodeJS.ErrnoException)}`);
      return;
    }
    const stderr = keepTail(child);
    let failure: Failure | undefined;
    let straggler: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(timer);
      clearTimeout(straggler);
      child.stderr?.destroy();
      resolve(failure === undefined ? null : inWords(failure, stderr(), probe.env));
    };
    const timer = setTimeout(() => {
      failure = { reason: timedOut(probe.timeoutMs), quote: false };
      killGroup(child);
      straggler = setTimeout(finish, STRAGGLER_MS);
    }, probe.timeoutMs);
    child.once("error", (error: NodeJS.ErrnoException) => {
      failure = { reason: `exec ${name}: ${spawnWord(error, probe)}`, quote: false };
      finish();
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      killGroup(child);
      if (code !== 0) failure ??= { reason: `exec ${name}: ${ending(code, signal)}`, quote: true };
      straggler ??= setTimeout(finish, STRAGGLER_MS);
    });
    child.once("close", finish);
  });
}

interface Failure {
  readonly reason: string;
  /** Whether what the check wrote on stderr explains it. */
  readonly quote: boolean;
}

/**
 * SIGKILL for whatever is left of the group. Called in the same turn in which the leader was reaped,
 * so its number cannot stand for another group yet; while a member lives the kernel keeps it anyway.
 */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // ESRCH: nothing is left, as it should be.
  }
}

function keepTail(child: ChildProcess): () => string {
  let tail = Buffer.alloc(0);
  child.stderr?.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_KEPT_BYTES);
  });
  child.stderr?.on("error", () => {});
  return () => tail.toString("utf8");
}

function inWords({ reason, quote }: Failure, stderr: string, env: Readonly<Record<string, string>>): string {
  const text = quote ? oneLine(withoutEnvValues(stderr, env)).slice(-STDERR_SHOWN_CHARS) : "";
  return text === "" ? reason : `${reason}: ${text}`;
}

function ending(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exited ${code}` : `killed by ${signal}`;
}

function spawnWord(error: NodeJS.ErrnoException, probe: ExecProbe): string {
  // For a bare name, one unreadable directory in PATH turns "not found" into EACCES.
  if (error.code === "EACCES") return probe.command[0]?.includes("/") ? "not executable" : "not found, or not executable";
  if (error.code !== "ENOENT") return errorWord(error);
  // node reports ENOENT for a missing program and for a missing working directory alike.
  const dir = probe.workingDir;
  return dir !== undefined && !existsSync(dir) ? `working directory ${dir} not found` : "not found";
}
