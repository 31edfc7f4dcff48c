import { refile, type Classified, type Removed } from "./classify.js";
import type { Path } from "./entry.js";
import { isBelow } from "./path.js";

export interface CaseRenames {
  /** What is left to be planned: a path that is renamed has at its new name what it had at the old one. */
  readonly found: Classified;
  /** New path to old path. */
  readonly folders: ReadonlyMap<Path, Path>;
  readonly files: ReadonlyMap<Path, Path>;
  /** Of another type than what gets their name: they have to go before anything else. */
  readonly early: readonly Removed[];
}

/**
 * In a folder that folds names, a path that is to be removed may have the very name that another one is to get: `Readme`
 * becomes `README`. Removing either would take both, so it is renamed, and its content replaced afterwards where it differs.
 */
export function caseRenames(found: Classified, fold: (path: Path) => string): CaseRenames {
  const byName = new Map(found.removed.map((row) => [fold(row.path), row]));
  const [folders, files] = [new Map<Path, Path>(), new Map<Path, Path>()];
  const taken = new Set<Path>();
  const inTheWay = new Set<Path>();
  const next: Classified = { ...found, dirs: [], links: [], files: [], execs: [...found.execs] };
  for (const target of [...found.dirs, ...found.links, ...found.files]) {
    const twin = target.have === null ? byName.get(fold(target.path)) : undefined;
    if (twin === undefined) {
      refile(next, target);
      continue;
    }
    const [wasDir, isDir] = [twin.have, target.want].map(({ content }) => content.type === "dir");
    if (wasDir !== isDir) {
      inTheWay.add(twin.path);
      refile(next, target);
      continue;
    }
    taken.add(twin.path);
    (isDir ? folders : files).set(target.path, twin.path);
    refile(next, isDir ? target : { ...target, have: twin.have });
  }
  const isEarly = ({ path }: Removed): boolean => inTheWay.has(path) || [...inTheWay].some((folder) => isBelow(path, folder));
  const left = found.removed.filter(({ path }) => !taken.has(path));
  return {
    found: { ...next, removed: left.filter((row) => !isEarly(row)) },
    folders,
    files,
    early: left.filter((row) => isEarly(row)),
  };
}
