import { mkdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Problem } from "../../host/config-problems.js";
import { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";
import { parseRoot } from "../../sync/parse-root.js";
import type { RootIdentity } from "../../sync/root.js";
import { IGNORE_FILE } from "./ignore-rules.js";
import { shown } from "./names.js";
import { codeOf, reason } from "./refusal.js";
import { initRoot, rootFile } from "./root-file.js";

export interface BootstrapEntry {
  /** Absolute. */
  readonly path: string;
  /** `[roots.init]` as in aura.toml, with its variables filled in. */
  readonly init?: unknown;
}

/**
 * Makes a root of each folder that has no `root.toml` and an entry that says what it is to be; all of them or none. Where
 * there is a `root.toml`, it alone decides. Returns the paths that were made roots, after one WARN record each.
 *
 * Throws AuraError `config_invalid` (64), every problem a line, before anything is made; `bootstrap_failed` (65) when
 * something cannot be made: what was made until then is removed again, and what was there before is as it was.
 */
export function bootstrapRoots(entries: readonly BootstrapEntry[], log: Log): readonly string[] {
  const wanted = entries.filter(({ path, init }) => init !== undefined && !isThere(rootFile(path)));
  const roots = checked(wanted);
  const undo: (() => void)[] = [];
  for (const { path, identity } of roots) {
    try {
      make(path, identity, undo);
    } catch (error) {
      for (const step of undo.toReversed()) step();
      throw new AuraError("bootstrap_failed", `root ${shown(path)} cannot be made: ${reason(error)}`, {
        effect: "no root was made",
        fix: "check the permissions and the free space, or make it by hand with: aura-msg root init",
        cause: error,
      });
    }
  }
  for (const { path, identity } of roots) {
    const { rootId, deviceId, mode } = identity;
    log.warn({ root: path, root_id: rootId, device_id: deviceId, mode }, "bootstrapped root");
  }
  return roots.map(({ path }) => path);
}

function checked(entries: readonly BootstrapEntry[]): { readonly path: string; readonly identity: RootIdentity }[] {
  const lines: { readonly text: string; readonly fix: string }[] = [];
  const roots: { path: string; identity: RootIdentity }[] = [];
  for (const { path, init } of entries) {
    const { identity, problems } = parseRoot(init);
    const twin = roots.find((other) => other.identity.rootId === identity?.rootId);
    lines.push(...problems.map((problem) => line(path, problem)));
    if (twin !== undefined)
      lines.push(line(path, { path: ["root_id"], what: `is that of ${shown(twin.path)} too`, fix: "give it another" }));
    if (identity !== null) roots.push({ path, identity });
  }
  if (lines.length === 0) return roots;
  const last = lines.at(-1)!;
  const others = lines.slice(0, -1).map(({ text, fix }) => `${text}; ${fix}\n`);
  throw new AuraError("config_invalid", `${others.join("")}${last.text}`, { fix: last.fix });
}

function line(path: string, { path: at, what, fix }: Problem): { text: string; fix: string } {
  const key = ["roots", "init", ...at.map(String)].join(".");
  return { text: `root ${shown(path)}: ${key}: ${what}`, fix };
}

function make(path: string, identity: RootIdentity, undo: (() => void)[]): void {
  makeFolder(join(path, ".aura"), undo);
  const ignore = join(path, IGNORE_FILE);
  if (!isThere(ignore)) undo.push(() => rmSync(ignore, { force: true }));
  initRoot(path, identity);
  // Only now: one that somebody else made meanwhile is not ours to remove.
  undo.push(() => rmSync(rootFile(path), { force: true }));
}

/** What was made is undone from the bottom up, and only as long as nobody has put anything into it. */
function makeFolder(dir: string, undo: (() => void)[]): void {
  const first = mkdirSync(dir, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  undo.push(() => {
    try {
      for (let folder = dir; folder.length >= first.length; folder = dirname(folder)) rmdirSync(folder);
    } catch {
      // Something else is in it.
    }
  });
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // A folder that cannot be looked into may hold a root: opening it tells what is wrong.
    return codeOf(error) === "EACCES" || codeOf(error) === "EPERM";
  }
}
