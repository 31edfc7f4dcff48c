/** `aurad run` on an AURA_HOME, and `aura-msg` talking to it; both as processes of their own. */
import { spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { track, endTracked } from "../measure/cleanup.mjs";
import { awaitGone, now } from "../measure/finder.mjs";
import { argvOf, alive } from "../measure/processes.mjs";
import { end, launch } from "../peers/processes.mjs";
import { writeHome } from "./home.mjs";
import { auradPath, auraEnvironment, freePorts, messagePath } from "./programs.mjs";

const READY = "Worker running";
const READY_TIMEOUT_MS = 60_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * Prepares a home for a server of its own (`embedded`) or for one at `address`.
 * @returns {Promise<{home: string, address: string}>}
 */
export async function createHome(home, { address } = {}) {
  const [grpc, uiPort] = await freePorts(2);
  const own = { home, embedded: address === undefined, address: address ?? `127.0.0.1:${grpc}` };
  writeHome(home, { ...own, uiPort });
  return own;
}

async function awaitReady(log, offset, pid) {
  const limit = now() + READY_TIMEOUT_MS;
  for (;;) {
    if (readFileSync(log, "utf8").slice(offset).includes(READY)) return now();
    if (!alive(pid) || now() > limit) throw new Error(`aurad did not get ready:\n${readFileSync(log, "utf8").slice(-3000)}`);
    await pause(3);
  }
}

/**
 * Starts `aurad run` and waits for its ready line.
 * @param {{home: string, address: string, embedded: boolean}} where
 */
export async function startDaemon(where, extraArgs = []) {
  const log = join(where.home, "aurad.out");
  const offset = logLength(log);
  const args = [
    auradPath,
    "run",
    "-c",
    join(where.home, "config/aura.toml"),
    where.embedded ? "--embedded" : "--no-embedded",
    ...extraArgs,
  ];
  const startedAt = now();
  const { pid } = launch(process.execPath, args, { cwd: where.home, env: auraEnvironment(where.home), log });
  const readyMs = (await awaitReady(log, offset, pid)) - startedAt;
  const server = where.embedded ? serverOf(where.home) : null;
  if (server !== null) track(server);
  return { ...where, pid, startedAt, readyMs, server };
}

function logLength(log) {
  try {
    return readFileSync(log, "utf8").length;
  } catch {
    return 0;
  }
}

/** Pid of the embedded server. */
function serverOf(home) {
  return Number(JSON.parse(readFileSync(join(home, "state/temporal.json"), "utf8")).pid);
}

/** Path of the Temporal program that the embedded server runs. */
export function programOf(daemon) {
  return readlinkSync(`/proc/${daemon.server}/exe`);
}

/** Value of `--name VALUE` or `--name=VALUE` in the server's argv, or null. */
export function serverFlag(daemon, name) {
  const argv = argvOf(daemon.server);
  const joined = argv.find((word) => word.startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(name.length + 1);
  const at = argv.indexOf(name);
  return at < 0 ? null : argv[at + 1];
}

/** Ends aurad by SIGTERM, and its server where it left it running. */
export async function stopDaemon(daemon) {
  await end(daemon.pid, "SIGTERM", 60_000);
  if (daemon.server === null) return;
  endTracked(daemon.server, "SIGTERM");
  if ((await awaitGone([daemon.server], 10_000)) === null) endTracked(daemon.server, "SIGKILL");
}

/**
 * Runs `aura-msg` once, as a person does.
 * @returns {Promise<{ms: number, status: number | null, stdout: string, stderr: string}>} ms: the whole process
 */
export async function message(home, args) {
  const start = now();
  const child = spawn(process.execPath, [messagePath, ...args], {
    cwd: home,
    env: auraEnvironment(home),
    stdio: ["ignore", "pipe", "pipe"],
  });
  track(child.pid);
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"])
    child[stream].setEncoding("utf8").on("data", (part) => {
      text[stream] += part;
    });
  const exited = new Promise((done) => child.once("exit", () => done(now() - start)));
  const status = await new Promise((done) => child.once("close", done));
  return { ms: await exited, status, ...text };
}

/** Like message(), but a status other than 0 is an error. */
export async function succeed(home, args) {
  const result = await message(home, args);
  if (result.status !== 0)
    throw new Error(`aura-msg ${args.join(" ")} exited ${result.status}: ${result.stderr.trim() || result.stdout.trim()}`);
  return result;
}

/** GET on the local socket: quick enough to poll. @returns {Promise<any>} null while nothing answers */
export function get(home, path) {
  return new Promise((done) => {
    const call = request({ socketPath: join(home, "run/aurad.sock"), path }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      answer.once("end", () => done(answer.statusCode === 200 ? JSON.parse(text) : null));
    });
    call.once("error", () => done(null));
    call.end();
  });
}
