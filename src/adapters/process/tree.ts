import { readdirSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { bootId, signalSame } from "./identity.js";

/** A live process that belongs to a run. */
export interface Member {
  readonly pid: number;
  readonly startTime: string;
}

export interface RunKey {
  /** Pid of the shim: session and process group of the run. */
  readonly group: number;
  /** Value of AURA_INSTANCE in the environment, inherited by every descendant. */
  readonly tag: string;
}

/**
 * Finds the live processes of several runs in one pass: those in the run's session or process group, and those
 * that left both (setsid, double fork) but carry the run's AURA_INSTANCE in their environment.
 */
export function findMembers(runs: readonly RunKey[]): Map<RunKey, Member[]> {
  const found = new Map<RunKey, Member[]>(runs.map((run) => [run, []]));
  const byGroup = new Map(runs.map((run) => [run.group, run]));
  const byTag = new Map(runs.map((run) => [run.tag, run]));
  if (process.platform !== "linux") return findByPs(found, byGroup);
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) continue;
    const stat = readStat(pid);
    if (stat === null) continue;
    const run = byGroup.get(stat.group) ?? byGroup.get(stat.session) ?? byTag.get(instanceOf(pid) ?? "");
    if (run !== undefined) found.get(run)!.push({ pid, startTime: stat.startTime });
  }
  return found;
}

/** The values of AURA_INSTANCE that begin with `prefix`, each of at least one live process. One pass over the process table. */
export function findTags(prefix: string): Set<string> {
  const tags = new Set<string>();
  if (process.platform !== "linux") return tags;
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const tag = Number.isInteger(pid) && pid > 1 && pid !== process.pid ? instanceOf(pid) : undefined;
    if (tag?.startsWith(prefix) === true && readStat(pid) !== null) tags.add(tag);
  }
  return tags;
}

/** True while any process, even a zombie, is left in the group. One system call. */
export function groupExists(group: number): boolean {
  if (group <= 1) return false; // -1 would mean every process
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Signals each member whose start time still matches; returns how many were there. */
export function signalMembers(members: readonly Member[], signal: NodeJS.Signals): number {
  return members.filter((member) => signalSame({ ...member, bootId: bootId() }, signal)).length;
}

/** Process group of a live process; null when it is gone. */
export function groupOf(pid: number): number | null {
  if (process.platform === "linux") return readStat(pid)?.group ?? null;
  return Number(ps(["-o", "pgid=", "-p", String(pid)])) || null;
}

/**
 * Session of a live process, which is the group that its shim leads; null when it is gone, or when the session is
 * aurad's own: then it was not started as a run, and nobody else in there may be touched.
 */
export function sessionOf(pid: number): number | null {
  if (process.platform !== "linux") return groupOf(pid);
  const session = readStat(pid)?.session ?? null;
  return session === readStat(process.pid)?.session ? null : session;
}

/** The shim carries the tag of its run too, but is not the service. */
export function isShim(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("\0aura-shim\0");
  } catch {
    return false;
  }
}

function readStat(pid: number): { group: number; session: number; startTime: string } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return null;
  }
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return null;
  return { group: Number(fields[2]), session: Number(fields[3]), startTime: fields[19]! };
}

function instanceOf(pid: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return undefined; // gone, or another user's
  }
  const at = text.startsWith("AURA_INSTANCE=") ? 0 : text.indexOf("\0AURA_INSTANCE=") + 1;
  if (at === 0 && !text.startsWith("AURA_INSTANCE=")) return undefined;
  const end = text.indexOf("\0", at);
  return text.slice(at + "AURA_INSTANCE=".length, end === -1 ? undefined : end);
}

function findByPs(found: Map<RunKey, Member[]>, byGroup: ReadonlyMap<number, RunKey>): Map<RunKey, Member[]> {
  for (const line of ps(["-axo", "pid=,pgid=,stat=,lstart="]).split("\n")) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line);
    const run = match === null || match[3]!.startsWith("Z") ? undefined : byGroup.get(Number(match[2]));
    if (run !== undefined) found.get(run)!.push({ pid: Number(match![1]), startTime: match![4]!.trim() });
  }
  return found;
}

function ps(args: string[]): string {
  try {
    return execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
