import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, readdirSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { until } from "../until.js";

const DEBIAN = "/usr/lib/postgresql";

/** Folder of PostgreSQL's programs: on PATH, or where Debian keeps them. It refuses a user id without a name. */
export function postgresPrograms(): string | undefined {
  if (!hasName()) return undefined;
  const debian = versions(DEBIAN).map((version) => join(DEBIAN, version, "bin"));
  return [...(process.env["PATH"] ?? "").split(delimiter), ...debian].find((folder) => {
    const found = spawnSync(join(folder, "initdb"), ["--version"]);
    return found.status === 0 && spawnSync(join(folder, "postgres"), ["--version"]).status === 0;
  });
}

function hasName(): boolean {
  try {
    return userInfo().username !== "";
  } catch {
    return false;
  }
}

function versions(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted((a, b) => Number(b) - Number(a));
  } catch {
    return [];
  }
}

export interface Postgres {
  readonly port: number;
  readonly user: string;
  stop(): Promise<void>;
}

/** A PostgreSQL server of the test's own on loopback. It refuses to run as root: then it is the user `postgres`. */
export async function startPostgres(dir: string, port: number): Promise<Postgres> {
  const programs = postgresPrograms()!;
  const data = join(dir, "postgres");
  mkdirSync(data, { mode: 0o700 });
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    const ids = ["-u", "-g"].map((flag) => Number(spawnSync("id", [flag, "postgres"]).stdout.toString()));
    chownSync(data, ids[0]!, ids[1]!);
  }
  const command = (program: string, args: readonly string[]): [string, string[]] => {
    const path = join(programs, program);
    return asRoot ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, ...args]] : [path, [...args]];
  };
  const made = spawnSync(...command("initdb", ["-D", data, "-U", "temporal", "-A", "trust", "--no-sync"]), { cwd: "/" });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr.toString()}`);
  const options = ["-h", "127.0.0.1", "-p", String(port), "-k", data, "-c", "fsync=off"];
  const child = spawn(...command("postgres", ["-D", data, ...options]), { cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => void (said += chunk.toString()));
  await until(
    () => said.includes("ready to accept connections"),
    30_000,
    () => `PostgreSQL said: ${said}`,
  );
  return { port, user: "temporal", stop: () => end(child, "SIGINT") };
}

/** Ends a child of ours and waits for it. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}
