import { afterRename, isFile, type Classified, type Removed, type Target } from "./classify.js";
import type { Entry, FileContent, Path } from "./entry.js";
import type { PlanInput } from "./operations.js";
import { nameOf, parentOf } from "./path.js";

type File = Target<FileContent>;

export interface Sourced {
  readonly from: Path;
  readonly target: File;
}

/** Where each wanted file comes from; every target is in exactly one of these, and each is in the order of paths. */
export interface Sources {
  /** From a path that is to be removed. */
  readonly moves: readonly Sourced[];
  /** Targets that get what another target sets aside. */
  readonly setAside: readonly Sourced[];
  /** From files that are there after the moves, before anything is replaced or removed. */
  readonly copies: readonly Sourced[];
  readonly downloads: readonly File[];
  /** Of what is downloaded for another target. */
  readonly lateCopies: readonly Sourced[];
}

/**
 * Finds the content of wanted files on disk, so that nothing is downloaded that is here: what was renamed elsewhere is
 * renamed here; what is to be replaced and wanted under another name (a conflict's loser, a rotated log) is renamed right
 * before it is replaced; anything else that has the hash is copied. `lost`: paths that are not there any more by then.
 */
export function findSources(input: PlanInput, { dirs, links, files, removed }: Classified, lost: ReadonlySet<Path>): Sources {
  const moves = matchMoves(files, removed);
  const moved = new Set(moves.map(({ target }) => target.path));
  const setAside = matchAsides(
    input,
    files.filter(({ path }) => !moved.has(path)),
    [...dirs, ...links, ...files],
  );
  const served = new Set([...moved, ...setAside.map(({ target }) => target.path)]);
  const displaced = dirs.filter(({ have }) => have !== null).map(({ path }) => path);
  const gone = new Set([...lost, ...moves.map(({ from }) => from), ...displaced]);
  return {
    moves,
    setAside,
    ...matchCopies(
      input,
      files.filter(({ path }) => !served.has(path)),
      moves,
      gone,
    ),
  };
}

/** First those that keep their name, then any with the same content. */
function matchMoves(files: readonly File[], removed: readonly Removed[]): Sourced[] {
  const sources = new Map<Path, Path>();
  const used = new Set<Path>();
  const keys = [(path: Path, hash: string): string => `${hash} ${nameOf(path)}`, (_path: Path, hash: string): string => hash];
  for (const key of keys) {
    const free = new Map<string, Path[]>();
    for (const { path, have } of removed) if (isFile(have) && !used.has(path)) push(free, key(path, have.content.hash), path);
    for (const list of free.values()) list.reverse();
    for (const { path, have, want } of files) {
      if (have !== null || sources.has(path)) continue;
      const from = free.get(key(path, want.content.hash))?.pop();
      if (from === undefined) continue;
      sources.set(path, from);
      used.add(from);
    }
  }
  return files.flatMap((target) => {
    const from = sources.get(target.path);
    return from === undefined ? [] : [{ from, target }];
  });
}

/** Sets `aside` of the targets whose content another one wants. */
function matchAsides(input: PlanInput, files: readonly File[], targets: readonly Target[]): Sourced[] {
  const wanted = new Map<string, File[]>();
  for (const file of files) if (file.have === null) push(wanted, file.want.content.hash, file);
  const found: Sourced[] = [];
  for (const target of targets) {
    if (target.aside !== undefined || !isFile(target.have)) continue;
    const candidates = wanted.get(target.have.content.hash) ?? [];
    // A directory is made before anything else: what it displaces needs a folder that is there already.
    const fits = (file: File): boolean => target.want.content.type !== "dir" || isFolder(input, parentOf(file.path));
    const index = candidates.findIndex(fits);
    if (index < 0) continue;
    const [file] = candidates.splice(index, 1);
    target.aside = { to: file!.path, entry: afterRename(target.have, file!.want) };
    found.push({ from: target.path, target: file! });
  }
  return found;
}

function matchCopies(
  input: PlanInput,
  files: readonly File[],
  moves: readonly Sourced[],
  gone: Set<Path>,
): Pick<Sources, "copies" | "downloads" | "lateCopies"> {
  const [copies, lateCopies, downloads]: [Sourced[], Sourced[], File[]] = [[], [], []];
  const moved = new Map(moves.map(({ target }) => [target.want.content.hash, target.path]));
  const downloading = new Map<string, Path>();
  const local = (hash: string): Path | undefined => {
    for (const path of input.filesWith(hash)) if (!gone.has(path)) return path;
    return moved.get(hash);
  };
  for (const target of files) {
    const { path, have, want } = target;
    const { hash, size } = want.content;
    const first = downloading.get(hash);
    if (first !== undefined) {
      lateCopies.push({ from: first, target });
      continue;
    }
    // A directory in the way is only removed after the copies.
    const from = size === 0 || have?.content.type === "dir" ? undefined : local(hash);
    if (from !== undefined) {
      copies.push({ from, target });
      gone.add(path);
      continue;
    }
    downloads.push(target);
    if (size > 0) downloading.set(hash, path);
  }
  return { copies, downloads, lateCopies };
}

function isFolder(input: PlanInput, path: Path): boolean {
  return path === "" || (isDir(input.have(path)) && isDir(input.want(path)));
}

function isDir(entry: Entry | null | undefined): boolean {
  return entry?.content.type === "dir";
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
