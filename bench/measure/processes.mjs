/** Reading /proc: what runs, how much CPU and memory it took. Linux only. */
import { closeSync, openSync, readFileSync, readSync, readdirSync } from "node:fs";

const buffer = Buffer.alloc(64 * 1024);

/** Reads a small /proc file without the allocations of readFileSync; "" when it is gone. */
export function readSmall(path) {
  let file;
  try {
    file = openSync(path, "r");
    return buffer.toString("latin1", 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    return "";
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** argv of a live process; [] for a zombie, a kernel thread or a pid that is gone. */
export function argvOf(pid) {
  const text = readSmall(`/proc/${pid}/cmdline`);
  return text === "" ? [] : text.replace(/\0$/, "").split("\0");
}

export function alive(pid) {
  return readSmall(`/proc/${pid}/cmdline`) !== "";
}

export function allPids() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Fields of /proc/PID/stat behind the command name; index 0 is the state (field 3 of proc(5)). */
function statFields(pid) {
  const text = readSmall(`/proc/${pid}/stat`);
  return text === "" ? null : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Parent pid, or 0. */
export function parentOf(pid) {
  return Number(statFields(pid)?.[1] ?? 0);
}

/** Start time in clock ticks since boot: with the pid it names one process for ever. */
export function startTimeOf(pid) {
  return statFields(pid)?.[19] ?? null;
}

/** CPU nanoseconds that all live threads of a process spent so far. */
export function cpuNsOf(pid) {
  let sum = 0;
  let threads;
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return 0;
  }
  for (const thread of threads) {
    sum += Number(readSmall(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0] || 0);
  }
  return sum;
}

/** Resident memory in MiB, shared pages counted in full. */
export function rssMiBOf(pid) {
  const match = /VmRSS:\s+(\d+)/.exec(readSmall(`/proc/${pid}/status`));
  return match ? Number(match[1]) / 1024 : 0;
}

/** The most resident memory that a process ever had, MiB. */
export function hwmMiBOf(pid) {
  const match = /VmHWM:\s+(\d+)/.exec(readSmall(`/proc/${pid}/status`));
  return match ? Number(match[1]) / 1024 : 0;
}

/** Memory in MiB of several processes, shared pages divided among those that share them. */
export function pssMiBOf(pids) {
  const kibs = pids.map((pid) => Number(/Pss:\s+(\d+)/.exec(readSmall(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0));
  return kibs.reduce((sum, kib) => sum + kib, 0) / 1024;
}

/** Every live process below `roots`, the roots included. */
export function treeOf(roots) {
  const children = new Map();
  for (const pid of allPids()) {
    const parent = parentOf(pid);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = new Set();
  const open = [...roots];
  while (open.length > 0) {
    const pid = open.pop();
    if (found.has(pid)) continue;
    found.add(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return [...found];
}

/** First three load averages, as the kernel prints them. */
export function loadAverage() {
  return readFileSync("/proc/loadavg", "latin1").split(" ").slice(0, 3).join(" ");
}
