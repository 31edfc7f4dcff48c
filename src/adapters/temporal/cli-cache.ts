import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as wait } from "node:timers/promises";
import type { Environment } from "../../host/places.js";
import { AuraError } from "../../shared/errors.js";
import { lockHolder, takeLock } from "../home/lock-file.js";
import { identify } from "../process/identity.js";
import { checkCli, CLI_VERSION } from "./cli-version.js";
import type { Steps } from "./steps.js";

/** Root of this package, from the sources as well as from the compiled files. */
export const PACKAGE_ROOT = resolve(fileURLToPath(new URL("../../..", import.meta.url)));

/** Where a fetched Temporal CLI may lie, best first; the first that can be written is filled. */
export function cacheFiles(env: Environment, home: string, packageRoot = PACKAGE_ROOT): readonly string[] {
  const name = `temporal-${CLI_VERSION}-${process.platform}-${process.arch}`;
  const user = env["XDG_CACHE_HOME"]?.startsWith("/") ? env["XDG_CACHE_HOME"] : join(home, ".cache");
  const folders = [join(user, "aura")];
  // A checkout keeps what it fetched, so that trying Aura leaves nothing elsewhere. An installed package stays as it is.
  if (existsSync(join(packageRoot, "src"))) folders.unshift(join(packageRoot, ".cache"));
  return folders.map((folder) => join(folder, name));
}

/**
 * Fills the cache file by `fetch`, which is given an empty folder and returns the program it put there.
 * One process at a time: a second waits, and finds the file. The file appears whole or not at all.
 */
export async function fillCache(files: readonly string[], steps: Steps, fetch: (folder: string) => Promise<string>): Promise<string> {
  const file = files.find((each) => writable(dirname(each)));
  if (file === undefined) {
    throw new AuraError("file_write", `no cache folder can be written: ${files.map(dirname).join(", ")}`, {
      fix: "set XDG_CACHE_HOME to a folder of your own",
    });
  }
  const release = await installLock(`${file}.lock`, steps);
  try {
    removeLeftovers(file);
    const sound = existsSync(file) && (await checkCli(file)).ok;
    if (!sound) renameSync(await fetch(mkdtempSync(`${file}.new-`)), file);
    return file;
  } finally {
    removeLeftovers(file);
    release();
  }
}

/** Ours, and those of a process that was killed while it fetched; the lock is held, so nobody works in them. */
function removeLeftovers(file: string): void {
  for (const name of readdirSync(dirname(file))) {
    if (name.startsWith(`${basename(file)}.new-`)) rmSync(join(dirname(file), name), { recursive: true, force: true });
  }
}

async function installLock(path: string, steps: Steps): Promise<() => void> {
  const me = identify(process.pid);
  if (me === null) throw new AuraError("internal", "the start time of this process cannot be read");
  for (;;) {
    const outcome = await takeLock(path, { ...me });
    if (outcome.taken) return outcome.release;
    const { pid } = outcome.holder;
    await steps.during(`waiting for process ${pid}, which is fetching the Temporal CLI`, untilFree(path));
  }
}

async function untilFree(path: string): Promise<void> {
  while (lockHolder(path) !== null) await wait(200);
}

function writable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
