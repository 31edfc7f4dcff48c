import { readdirSync, readFileSync } from "node:fs";
import { identify, signalSame } from "../../src/adapters/process/identity.js";

export interface Found {
  readonly pid: number;
  readonly args: readonly string[];
}

/** Live processes (no zombies) with exactly these arguments. */
export function processesWith(args: readonly string[]): number[] {
  const wanted = args.join("\0");
  return allProcesses()
    .filter((found) => found.args.join("\0") === wanted && alive(found.pid))
    .map(({ pid }) => pid);
}

export function allProcesses(): Found[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const text = read(`/proc/${name}/cmdline`);
      return text === "" ? [] : [{ pid: Number(name), args: text.replace(/\0$/, "").split("\0") }];
    });
}

/** 0 when it is gone. */
export function parentOf(pid: number): number {
  const text = read(`/proc/${pid}/stat`);
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

/** False for a zombie too. */
export function alive(pid: number): boolean {
  return identify(pid) !== null;
}

/** Every process that belongs to a run of the home, of a service or a slice, shims included: they carry its id in AURA_INSTANCE. */
export function processesOfHome(homeId: string): number[] {
  return allProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => {
      const environ = read(`/proc/${pid}/environ`);
      return [homeId, `slice-${homeId}`].some((id) => environ.includes(`AURA_INSTANCE=${id}:`)) && alive(pid);
    });
}

/** SIGKILL to one process, if it still is the one that was found. */
export function killProcess(pid: number): void {
  const identity = identify(pid);
  if (identity !== null) signalSame(identity, "SIGKILL");
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
