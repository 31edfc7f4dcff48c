/**
 * Everything the bench starts is ended by it: on success, on an error and on Ctrl-C.
 * A process is only ended when pid and start time are those that were recorded, or when its argv carries
 * this run's own mark or temporary directory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allPids, argvOf, startTimeOf } from "./processes.mjs";
import { markPrefix } from "./services.mjs";

const root = mkdtempSync(join(tmpdir(), "aura-bench-"));
/** @type {Map<number, string | null>} */
const tracked = new Map();
let directories = 0;

/** A fresh directory below this run's own one. */
export function temporaryDirectory(name) {
  directories += 1;
  const path = join(root, `${name}-${directories}`);
  return mkdtempSync(`${path}-`);
}

/** Remembers a process that must not outlive the run; returns its pid. */
export function track(pid) {
  tracked.set(pid, startTimeOf(pid));
  return pid;
}

export function endTracked(pid, signal) {
  const started = tracked.get(pid);
  if (started == null || started !== startTimeOf(pid)) return;
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

function leftovers() {
  const own = process.pid;
  return allPids().filter((pid) => {
    if (pid === own) return false;
    const argv = argvOf(pid);
    if (argv.length === 2 && argv[0].endsWith("sleep") && argv[1].startsWith(markPrefix)) return true;
    return argv.some((word) => word.includes(root));
  });
}

/** Kills what is left, supervisors before services so that nothing is started again. Synchronous: runs in exit handlers. */
export function cleanUp() {
  for (const pid of tracked.keys()) endTracked(pid, "SIGKILL");
  for (let look = 0; look < 20; look += 1) {
    const left = leftovers();
    if (left.length === 0) break;
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // Gone by itself.
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 25);
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
}

export function cleanUpOnExit() {
  process.once("exit", cleanUp);
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ]) {
    process.once(signal, () => process.exit(status));
  }
}
