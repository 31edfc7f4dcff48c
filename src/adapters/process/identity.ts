import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * What tells one process from every other that ever had its pid: pid, start time and boot id.
 * A process is signalled only when all three match what was recorded.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque: clock ticks since boot on Linux, the start date on macOS. */
  readonly startTime: string;
  readonly bootId: string;
}

let knownBootId: string | undefined;

/** Changes at every boot of the host; constant while this program runs. */
export function bootId(): string {
  knownBootId ??= readBootId();
  return knownBootId;
}

/** Start time of a live process, opaque; null when it is gone or a zombie. */
export function startTime(pid: number): string | null {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  return process.platform === "linux" ? startTimeFromProc(pid) : startTimeFromPs(pid);
}

/** The identity of a live process; null when it is gone or a zombie. */
export function identify(pid: number): ProcessIdentity | null {
  const started = startTime(pid);
  return started === null ? null : { pid, startTime: started, bootId: bootId() };
}

/** True when the recorded process is the one that has this pid now, and it lives. */
export function isSame(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && startTime(identity.pid) === identity.startTime;
}

/**
 * Signals the recorded process, or its process group, only when it is still the same one.
 * Returns false when it is not, or when it went away in between.
 */
export function signalSame(identity: ProcessIdentity, signal: NodeJS.Signals, target: "process" | "group" = "process"): boolean {
  if (!isSame(identity)) return false;
  try {
    return process.kill(target === "group" ? -identity.pid : identity.pid, signal);
  } catch {
    return false;
  }
}

function readBootId(): string {
  if (process.platform === "linux") {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  }
  return run("sysctl", ["-n", "kern.bootsessionuuid"]) ?? "unknown";
}

function startTimeFromProc(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  // The second field is the program's name in parentheses and may itself contain both blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  if (state === "Z" || state === "X") return null;
  return fields[19] ?? null;
}

function startTimeFromPs(pid: number): string | null {
  const line = run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
  const match = line === null ? null : /^(\S+)\s+(.+)$/.exec(line);
  return match === null || match[1]!.startsWith("Z") ? null : match[2]!;
}

function run(program: string, args: readonly string[]): string | null {
  try {
    const text = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return text === "" ? null : text;
  } catch {
    return null;
  }
}
