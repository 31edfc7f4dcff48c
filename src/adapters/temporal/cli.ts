import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { Environment } from "../../host/places.js";
import { AuraError } from "../../shared/errors.js";
import { cacheFiles, fillCache, PACKAGE_ROOT } from "./cli-cache.js";
import { downloadCli, VENDOR_DOWNLOAD } from "./cli-download.js";
import { buildCli, hasGo } from "./cli-go.js";
import { checkCli, CLI_VERSION, firstLine } from "./cli-version.js";
import type { Steps } from "./steps.js";

export interface CliOptions {
  readonly env: Environment;
  readonly home: string;
  readonly steps: Steps;
  readonly packageRoot?: string;
  /** The vendor's site; another one in tests. */
  readonly downloadFrom?: string;
}

export interface Cli {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
}

/**
 * Finds the Temporal CLI or fetches it: AURA_TEMPORAL_CLI, PATH, the cache, the vendor's download, a build with Go.
 * A program that does not run is passed over with a line. Throws AuraError `temporal_cli_missing` with all that was tried.
 */
export async function findTemporalCli(options: CliOptions): Promise<Cli> {
  const tried: string[] = [];
  const found = (await findInstalledCli(options, tried)) ?? (await fetchCli(options, tried));
  if (found !== null) return found;
  throw new AuraError("temporal_cli_missing", `no Temporal CLI: ${tried.join("; ")}`, {
    fix: `install the temporal program (${CLI_VERSION}), or set AURA_TEMPORAL_CLI to its path`,
  });
}

/** The same without fetching anything; null when there is none. `tried` receives what was looked at in vain. */
export async function findInstalledCli(
  { env, home, steps, packageRoot = PACKAGE_ROOT }: CliOptions,
  tried: string[] = [],
): Promise<Cli | null> {
  const named = env["AURA_TEMPORAL_CLI"];
  const onPath = searchPath("temporal", env);
  const cached = cacheFiles(env, home, packageRoot).filter((file) => existsSync(file));
  const candidates: [where: string, path: string][] = [
    ...(named ? [["AURA_TEMPORAL_CLI", resolve(named)] as [string, string]] : []),
    ...(onPath === null ? [] : [["PATH", onPath] as [string, string]]),
    ...cached.map((file): [string, string] => ["the cache", file]),
  ];
  if (!named) tried.push("AURA_TEMPORAL_CLI is not set");
  if (onPath === null) tried.push("not on PATH");
  if (cached.length === 0) tried.push("not in the cache");
  for (const [where, path] of candidates) {
    const check = await checkCli(path);
    if (check.ok) {
      steps.say(`Temporal CLI ${check.version} from ${where}: ${path}`);
      return { path, version: check.version };
    }
    tried.push(`${where}: ${check.reason}`);
    steps.say(`Temporal CLI from ${where} passed over: ${check.reason}`);
  }
  return null;
}

async function fetchCli(options: CliOptions, tried: string[]): Promise<Cli | null> {
  const { env, home, steps, downloadFrom = VENDOR_DOWNLOAD } = options;
  const attempt = async (name: string, line: string, fetch: (folder: string) => Promise<string>): Promise<Cli | null> => {
    try {
      const files = cacheFiles(env, home, options.packageRoot);
      const path = await fillCache(files, steps, (folder) => steps.during(line, fetch(folder)));
      const check = await checkCli(path);
      if (!check.ok) throw new Error(check.reason);
      steps.say(`Temporal CLI ${check.version} is now in the cache: ${path}`);
      return { path, version: check.version };
    } catch (error) {
      if (error instanceof AuraError) throw error;
      tried.push(`${name}: ${firstLine(error)}`);
      steps.say(`${name} failed: ${firstLine(error)}`);
      return null;
    }
  };

  const host = new URL(downloadFrom).host;
  const downloaded = await attempt(`download from ${host}`, `downloading Temporal CLI ${CLI_VERSION} from ${host}`, (folder) =>
    downloadCli(folder, downloadFrom),
  );
  if (downloaded !== null) return downloaded;
  if (!(await hasGo(env))) {
    tried.push("no go program to build it with");
    return null;
  }
  return attempt("build with go", `building Temporal CLI ${CLI_VERSION} with go (a few minutes the first time)`, (folder) =>
    buildCli(folder, env),
  );
}

function searchPath(name: string, env: Environment): string | null {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(executable) ?? null;
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
