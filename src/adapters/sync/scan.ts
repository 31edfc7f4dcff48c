import type { Path } from "../../sync/entry.js";
import { isBelow, parentOf } from "../../sync/path.js";
import type { FileStat, PathProblem, RootFolder, ScanResult } from "../../sync/ports.js";
import { statText } from "./state/row-text.js";
import type { RootState } from "./state/state.js";

/** A path that is not as it was last seen. `stat` null: it is gone. */
export interface Found {
  readonly path: Path;
  readonly stat: FileStat | null;
}

export interface Scanned {
  /** Parents before what is in them. */
  readonly found: readonly Found[];
  /** Paths looked at. */
  readonly scanned: number;
  readonly problems: readonly PathProblem[];
  /** Folders that were looked at. */
  readonly complete: ScanResult["complete"];
}

type Parts = { readonly folder: RootFolder; readonly state: RootState };

/**
 * What differs from what the state knows of: in the whole root, or in some folders (and those in them that are new).
 * Reads stat data only. Synchronous. Throws AuraError `root_missing`, also where there is nothing to look at.
 */
export function scan(parts: Parts, folders: readonly Path[] | undefined): Scanned {
  if (folders === undefined) return scanAll(parts);
  return scanFolders(parts, folders);
}

function scanAll({ folder, state }: Parts): Scanned {
  const known = state.paths.known();
  known.begin();
  const found: Found[] = [];
  /** Of what is on disk and may have changed its type: whether it is a folder. */
  const seenDirs = new Map<Path, boolean>();
  let scanned = 0;
  const result = folder.scan((path, stat) => {
    scanned++;
    if (stat.type === "dir") seenDirs.set(path, true);
    if (known.see(path, stat)) return;
    if (stat.type !== "dir") seenDirs.set(path, false);
    found.push({ path, stat });
  });
  const gone = goneOf(known.unseen(), result, seenDirs).filter(({ path }) => !folder.isIgnored(path, known.isDir(path)));
  return { found: [...found, ...gone], scanned, problems: result.problems, complete: result.complete };
}

function scanFolders({ folder, state }: Parts, folders: readonly Path[]): Scanned {
  const { paths } = state;
  const visited = new Map<Path, FileStat>();
  const isKnown = (path: Path): boolean => {
    const have = paths.get(path)?.have?.stat;
    return have?.type === "dir" && have.ino === visited.get(path)?.ino;
  };
  const result = folder.scan((path, stat) => visited.set(path, stat), { folders, deep: (path) => !isKnown(path) });
  const left = new Map<Path, string>();
  const complete = result.complete === "all" ? folders : result.complete;
  for (const one of complete) for (const [path, stat] of paths.knownIn(one)) left.set(path, stat);
  const lose = (below: Path): void => {
    for (const [path, stat] of paths.knownBelow(below)) if (!left.has(path)) left.set(path, stat);
  };
  for (const one of result.gone) lose(one);
  const found: Found[] = [];
  const seenDirs = new Map<Path, boolean>();
  for (const [path, stat] of visited) {
    const before = left.get(path);
    left.delete(path);
    seenDirs.set(path, stat.type === "dir");
    if (before === statText(stat)) continue;
    found.push({ path, stat });
    // What was in a folder that is none any more is gone with it.
    if (before?.startsWith("d") && stat.type !== "dir") lose(path);
  }
  for (const [path, before] of [...left]) if (before.startsWith("d")) lose(path);
  const gone = goneOf(left.keys(), result, seenDirs);
  const { problems } = result;
  return {
    found: [...found, ...gone.filter(({ path }) => !ignored(folder, path, left))],
    scanned: visited.size,
    problems,
    complete: result.complete,
  };
}

/**
 * Which of the known paths that were not seen are gone: those directly in a folder that was read whole, and those below
 * something that is gone or no folder any more. Below a folder that could not be read nothing is.
 */
function goneOf(unseen: Iterable<Path>, result: ScanResult, seenDirs: ReadonlyMap<Path, boolean>): Found[] {
  const { complete, gone, problems } = result;
  if (complete === "all" && problems.length === 0) return Array.from(unseen, (path) => ({ path, stat: null }));
  const odd = new Set(problems.map(({ path }) => path));
  const verdicts = new Map<Path, boolean>();
  const isGone = (path: Path): boolean => {
    const known = verdicts.get(path);
    if (known !== undefined) return known;
    const verdict = judge(path);
    verdicts.set(path, verdict);
    return verdict;
  };
  const judge = (path: Path): boolean => {
    if (odd.has(path)) return false;
    if (gone.some((one) => one === path || isBelow(path, one))) return true;
    const parent = parentOf(path);
    if (complete === "all" || complete.has(parent)) return true;
    if (parent === "") return false;
    const seen = seenDirs.get(parent);
    return seen === undefined ? isGone(parent) : !seen;
  };
  return Array.from(unseen)
    .filter(isGone)
    .map((path) => ({ path, stat: null }));
}

/** A path that is left alone now is not gone. */
function ignored(folder: RootFolder, path: Path, known: ReadonlyMap<Path, string>): boolean {
  return folder.isIgnored(path, known.get(path)?.startsWith("d") === true);
}
