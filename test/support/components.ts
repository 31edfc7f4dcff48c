import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { postgresPrograms } from "./production/postgres.js";
import { SCHEMA_TOOL, SERVER } from "./production/server.js";
import { s3Program } from "./s3/programs.js";

/** Real parts that a machine may lack: a loud skip for a person, a failure where AURA_TEST_REQUIRE names them. */
export type Component = "temporal" | "faketime" | "root" | "nix" | "tmux" | "git" | "production" | "versitygw" | "minio";

const FAKETIME = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib64/faketime/libfaketime.so.1",
  "/usr/lib/faketime/libfaketime.so.1",
];

/** True when tests that need the component are to be skipped: `describe.skipIf(missing("temporal"))`. */
export function missing(component: Component): boolean {
  const problem = problemOf(component);
  if (problem === null) return false;
  if ((process.env["AURA_TEST_REQUIRE"] ?? "").split(/[\s,]+/).includes(component)) {
    throw new Error(`AURA_TEST_REQUIRE names ${component}, but ${problem}`);
  }
  process.stderr.write(`SKIPPED: tests that need ${component}: ${problem}\n`);
  return true;
}

export function faketimeLibrary(): string | undefined {
  return process.platform === "linux" ? FAKETIME.find((path) => existsSync(path)) : undefined;
}

function problemOf(component: Component): string | null {
  switch (component) {
    case "temporal":
      return inject("temporal") === null ? "there is no Temporal CLI (set AURA_TEMPORAL_CLI)" : null;
    case "faketime":
      return faketimeLibrary() === undefined ? "libfaketime is not installed (Debian: apt-get install faketime)" : null;
    case "root":
      return mayMount() ? null : "mounting a small file system needs root on Linux, and a container may forbid it";
    case "git":
      return spawnSync("git", ["--version"]).status === 0 ? null : "there is no git (Debian: apt-get install git)";
    case "tmux":
      return spawnSync("tmux", ["-V"]).status === 0 ? null : "there is no tmux (Debian: apt-get install tmux)";
    case "production":
      return productionProblem();
    case "versitygw":
    case "minio":
      return s3Program(component) === undefined ? `there is no ${component} on PATH or in AURA_TEST_S3_BIN (.ci/run installs it)` : null;
    case "nix":
      return spawnSync("nix-instantiate", ["--version"]).status === 0 ? null : "there is no nix (Debian: apt-get install nix-bin)";
  }
}

function productionProblem(): string | null {
  if (postgresPrograms() === undefined) return "there is no PostgreSQL (Debian: apt-get install postgresql)";
  const absent = [SERVER, SCHEMA_TOOL].find((program) => spawnSync(program, ["--version"]).error !== undefined);
  return absent === undefined ? null : `there is no ${absent} on PATH`;
}

function mayMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const dir = mkdtempSync(join(tmpdir(), "aura-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", dir]).status === 0;
  if (mounted) spawnSync("umount", [dir]);
  rmSync(dir, { recursive: true, force: true });
  return mounted;
}
