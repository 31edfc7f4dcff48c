/**
 * Finds new processes by their argv, quickly and at little cost to what is measured.
 *
 * The kernel gives pids in ascending order and names the last one in /proc/loadavg: one small read tells
 * whether anything was forked at all, and only pids above the last look are candidates. A candidate that is
 * not yet exec'd is looked at again, less often the older it gets.
 */
import { openSync, readSync } from "node:fs";
import { argvOf, alive, readSmall } from "./processes.mjs";

const napCell = new Int32Array(new SharedArrayBuffer(4));
const loadavg = openSync("/proc/loadavg", "r");
const line = Buffer.alloc(128);
const pidMax = Number(readSmall("/proc/sys/kernel/pid_max"));
/** The kernel continues here once it reached pid_max. */
const PIDS_WRAP_TO = 300;
/** A pid that is no service at this age is a helper, a shim or a thread, or is gone. */
const GIVE_UP_MS = 3000;
/** The count of tasks standing still for so long means that a bring-up is over, or waits. */
const STILL_MS = 25;

/** Blocks this thread; timers of Node have 1 ms resolution, this one has the kernel's. */
export function nap(ms) {
  Atomics.wait(napCell, 0, 0, ms);
}

export function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

function loadavgFields() {
  return line
    .toString("latin1", 0, readSync(loadavg, line, 0, line.length, 0))
    .trimEnd()
    .split(" ");
}

/** The pid (or thread id) that was given last in this pid namespace. */
export function lastPid() {
  return Number(loadavgFields()[4]);
}

/** All tasks (processes and threads) of the machine. */
function taskCount() {
  return Number(loadavgFields()[3].split("/")[1]);
}

/** Watches for services (`sleep MARK`) that appear after it was made. */
export function createFinder() {
  let seen = lastPid();
  /** @type {Map<number, {since: number, due: number}>} */
  const candidates = new Map();
  function admit(time) {
    const last = lastPid();
    while (seen !== last) {
      seen = seen >= pidMax ? PIDS_WRAP_TO : seen + 1;
      candidates.set(seen, { since: time, due: time });
    }
  }
  /** Marks found since the last call: [mark, pid] each. */
  function poll() {
    const time = now();
    admit(time);
    const found = [];
    for (const [pid, { since, due }] of candidates) {
      if (due > time) continue;
      const argv = argvOf(pid);
      const isService = argv.length === 2 && argv[0].endsWith("sleep");
      if (isService) found.push([argv[1], pid]);
      const age = time - since;
      if (isService || age > GIVE_UP_MS) candidates.delete(pid);
      else candidates.set(pid, { since, due: time + Math.min(0.1 + age / 2, 150) });
    }
    return found;
  }
  return { poll };
}

/**
 * Blocks until a process with this mark runs, looking every 0.2 ms.
 * @returns {{pid: number, at: number} | null} `at` in ms of now(); null after `timeoutMs`.
 */
export function awaitMark(finder, mark, timeoutMs) {
  const end = now() + timeoutMs;
  for (;;) {
    const hit = finder.poll().find(([name]) => name === mark);
    const at = now();
    if (hit) return { pid: hit[1], at };
    if (at > end) return null;
    nap(0.2);
  }
}

/**
 * Waits, 4 ms a look, until every mark runs; the event loop stays free.
 *
 * Looking at each new process while they start by the hundred would take CPU from what is measured. So one
 * number is read, the kernel's count of tasks, and the processes themselves only once there are enough of
 * them or the count stood still for a while (another program may have ended meanwhile).
 * @returns {Promise<{pids: Map<string, number>, at: number}>} `pids` is short when `timeoutMs` passed.
 */
export async function awaitMarks(finder, marks, timeoutMs) {
  const open = new Set(marks);
  const pids = new Map();
  const end = now() + timeoutMs;
  const enough = taskCount() + open.size * 0.95;
  let tasks = 0;
  let changed = now();
  for (;;) {
    const count = taskCount();
    if (count !== tasks) changed = now();
    tasks = count;
    if (tasks >= enough || now() - changed > STILL_MS) {
      for (const [mark, pid] of finder.poll()) if (open.delete(mark)) pids.set(mark, pid);
    }
    const at = now();
    if (open.size === 0 || at > end) return { pids, at };
    await new Promise((done) => setTimeout(done, 4));
  }
}

/** Waits, 2 ms a look, until none of the pids lives; returns the time of now(), or null after `timeoutMs`. */
export async function awaitGone(pids, timeoutMs) {
  const open = [...pids];
  const end = now() + timeoutMs;
  while (open.length > 0) {
    if (!alive(open.at(-1))) {
      open.pop();
      continue;
    }
    if (now() > end) return null;
    await new Promise((done) => setTimeout(done, 2));
  }
  return now();
}
