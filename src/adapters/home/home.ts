import { createHash, randomUUID } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { places, runPlaces } from "../../host/places.js";
import type { Environment, Places } from "../../host/places.js";
import { AuraError } from "../../shared/errors.js";
import { identify } from "../process/identity.js";
import { writeFileAtomic } from "./atomic-file.js";
import { homeFolder } from "./home-folder.js";
import { lockHolder, takeLock } from "./lock-file.js";

export interface Home {
  readonly places: Places;
  /** Random, lasting: tells two homes apart that have the same host name. */
  readonly homeId: string;
  /** Gives the home back; a process that just ends does so too. */
  release(): void;
}

/** The places of this user on this machine. TMPDIR is left out on purpose: both programs must agree on the socket. */
export function currentPlaces(env: Environment = process.env): Places {
  return places({ env, platform: process.platform, home: homeFolder(env), cwd: process.cwd(), ...machine() });
}

/**
 * For clients: the same places, with the run folder that the running `aurad` uses, which may differ
 * (an SSH or cron session has no XDG_RUNTIME_DIR).
 */
export function runningPlaces(own: Places): Places {
  const runDir = lockHolder(own.lockFile)?.["runDir"];
  return typeof runDir === "string" && runDir !== own.runDir ? { ...own, ...runPlaces(runDir, machine()) } : own;
}

/** The pid of the `aurad` that holds this home; null when none runs. */
export function runningPid(own: Places): number | null {
  return lockHolder(own.lockFile)?.pid ?? null;
}

/**
 * Makes the folders and takes the home for this process. Throws AuraError `home_in_use` (64) naming the other's pid,
 * `file_write` (65) when a folder cannot be made.
 */
export async function acquireHome(own: Places): Promise<Home> {
  ensureFolders(own);
  const me = identify(process.pid);
  if (me === null) throw new AuraError("internal", `the start time of this process (${process.pid}) cannot be read`);
  const outcome = await takeLock(own.lockFile, { ...me, runDir: own.runDir }).catch((error: unknown) => {
    throw new AuraError("file_write", `${own.lockFile} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  });
  if (!outcome.taken) {
    throw new AuraError("home_in_use", `another aurad (pid ${outcome.holder.pid}) runs on ${own.stateDir}`, {
      fix: "stop it with: aurad stop, or set another AURA_HOME",
    });
  }
  return { places: own, homeId: homeId(own), release: outcome.release };
}

/** Every folder of the home, for its owner only. Existing ones keep their mode. */
export function ensureFolders(own: Places): void {
  const folders = [
    own.configDir,
    own.servicesDir,
    own.dataDir,
    own.journalDir,
    own.syncDir,
    own.stateDir,
    own.processesDir,
    own.specsDir,
    own.logDir,
    own.serviceLogDir,
    own.runDir,
    own.sockDir,
  ];
  for (const folder of folders) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new AuraError("file_write", `folder ${folder} cannot be made: ${(error as Error).message}`, { cause: error });
    }
  }
  for (const folder of new Set([own.runDir, own.sockDir, own.journalDir]))
    keepPrivate(folder, folder !== own.runDir && folder === own.sockDir);
}

/**
 * Sockets, tokens and records lie here. In a shared folder such as /tmp another user could have made it first;
 * below somebody's home, root may work with what is theirs.
 */
function keepPrivate(folder: string, shared: boolean): void {
  const stat = shared ? lstatSync(folder) : statSync(folder);
  const uid = process.getuid?.() ?? stat.uid;
  if (!stat.isDirectory() || (stat.uid !== uid && (shared || uid !== 0))) {
    throw new AuraError("file_write", `folder ${folder} belongs to somebody else`, {
      fix: "remove it, or set a shorter AURA_HOME of your own",
    });
  }
  if ((stat.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function homeId(own: Places): string {
  try {
    const { id } = JSON.parse(readFileSync(own.homeJson, "utf8")) as { id?: unknown };
    if (typeof id === "string" && id !== "") return id;
  } catch (error) {
    // A missing or torn file gets a new identity; one that is there but unreadable is a fault to be told.
    if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new AuraError("state_unreadable", `${own.homeJson} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }
  const id = randomUUID();
  writeFileAtomic(own.homeJson, `${JSON.stringify({ schema_version: 1, id })}\n`);
  return id;
}

function machine(): { tmpDir: string; uid: number; hash: (text: string) => string } {
  return {
    tmpDir: "/tmp",
    uid: process.getuid?.() ?? userInfo().uid,
    hash: (text) => createHash("sha256").update(text).digest("hex").slice(0, 16),
  };
}
