/** What every peer needs: a program started with its output in a file, ended by pid. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { awaitGone } from "../measure/finder.mjs";
import { endTracked, track } from "../measure/cleanup.mjs";

/** Checkout-local place of the peers that bench/setup.sh installs. */
export const cachePath = fileURLToPath(new URL("../../.cache/bench/", import.meta.url));

/** Absolute path of a program on PATH, or null. */
export function onPath(program) {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory, program);
    if (executable(path)) return path;
  }
  return null;
}

export function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** First line of what a program prints, or null when it fails. */
export function firstLine(program, args) {
  try {
    const text = execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return text.trim().split("\n")[0];
  } catch {
    return null;
  }
}

/** Version of an installed Debian package, or null. */
export function debianVersion(name) {
  return firstLine("dpkg-query", ["-W", "-f", "${Version}", name]);
}

/**
 * Starts a program in a session of its own, both streams appended to `log`.
 * @returns {{pid: number, exited: Promise<number | null>}} `exited` gives the exit status, null after a signal
 */
export function launch(program, args, { cwd, env = process.env, log }) {
  const output = openSync(log, "a", 0o600);
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", output, output] });
  closeSync(output);
  const exited = new Promise((done, fail) => {
    child.once("error", fail);
    child.once("exit", (status) => done(status));
  });
  exited.catch(() => {});
  if (child.pid !== undefined) track(child.pid);
  return { pid: child.pid, exited };
}

/** Runs a command to its end; rejects when it fails, naming its log. */
export async function runCommand(program, args, options) {
  const status = await launch(program, args, options).exited;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} exited ${status}; see ${options.log}`);
}

/** Sends the signal, waits, then SIGKILL. */
export async function end(pid, signal = "SIGTERM", timeoutMs = 15_000) {
  endTracked(pid, signal);
  if ((await awaitGone([pid], timeoutMs)) === null) endTracked(pid, "SIGKILL");
  await awaitGone([pid], 2000);
}
