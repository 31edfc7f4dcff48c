import { accessSync, constants, existsSync, lstatSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { bad, good, type CheckInput, type CheckRow } from "./check.js";

const GIB = 1024 ** 3;
const MIN_FREE_BYTES = GIB;
const MAX_CLOCK_DIFFERENCE_MS = 2000;

export function homeWritable({ places }: CheckInput): CheckRow {
  const folders = [places.configDir, places.dataDir, places.stateDir, places.logDir, places.runDir];
  const closed = folders.find((folder) => !writable(nearestExisting(folder)));
  if (closed === undefined) return good("home", `${places.dataDir} and the other folders can be written`);
  return bad("home", `${closed} cannot be written`, `give it to this user: chown -R "$(id -un)" ${closed}`);
}

/** Tokens, sockets and records are for their owner alone; specs are programs, so nobody else may write them. */
export function permissions({ places }: CheckInput): CheckRow {
  const own = [
    places.runDir,
    places.journalDir,
    places.sock,
    places.rpcSock,
    places.daemonJson,
    places.apiToken,
    places.envFile,
    places.temporalDb,
    places.auditDb,
    places.auditLog,
  ];
  const open = [...own.filter((path) => mode(path) & 0o077), ...[places.servicesDir].filter((path) => mode(path) & 0o022)];
  if (open.length === 0) return good("permissions", "private files are private");
  return bad("permissions", `others may use ${open.join(", ")}`, `chmod go-rwx ${open.join(" ")}`);
}

/** A file system on another machine may have another clock; records compare both. */
export function clock({ places }: CheckInput): CheckRow {
  if (new Date().getFullYear() < 2025) {
    return bad("clock", `the clock says ${new Date().toISOString()}`, "set the clock, for example with: timedatectl set-ntp true");
  }
  const difference = Math.abs(fileClockDifference(places.stateDir));
  if (difference <= MAX_CLOCK_DIFFERENCE_MS) return good("clock", `within ${MAX_CLOCK_DIFFERENCE_MS / 1000}s of the file system's`);
  return bad("clock", `the file system's clock differs by ${(difference / 1000).toFixed(1)}s`, "synchronise both machines' clocks");
}

export async function freeDisk({ places }: CheckInput): Promise<CheckRow> {
  const folder = nearestExisting(places.dataDir);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${(free / GIB).toFixed(1)} GiB free at ${folder}`;
  return free >= MIN_FREE_BYTES ? good("disk", detail) : bad("disk", detail, "make room: histories and logs need at least 1 GiB");
}

export function fallocate({ io }: CheckInput): CheckRow {
  if (process.platform !== "linux") return good("fallocate", "not needed on this platform");
  const path = onPath("fallocate", io.env);
  if (path !== null) return good("fallocate", path);
  return bad("fallocate", "not found: rotating a log copies it instead of punching a hole", "install util-linux");
}

export function onPath(program: string, env: Readonly<Record<string, string | undefined>>): string | null {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, program)).find((path) => allowed(path, constants.X_OK)) ?? null;
}

function fileClockDifference(folder: string): number {
  const base = existsSync(folder) && writable(folder) ? folder : tmpdir();
  const probe = mkdtempSync(join(base, ".doctor-"));
  try {
    const file = join(probe, "clock");
    writeFileSync(file, "");
    return statSync(file).mtimeMs - Date.now();
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestExisting(dirname(path));
}

function writable(path: string): boolean {
  return allowed(path, constants.W_OK);
}

function allowed(path: string, how: number): boolean {
  try {
    accessSync(path, how);
    return true;
  } catch {
    return false;
  }
}

/** Permission bits; 0 for what is not there. */
function mode(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777;
}
