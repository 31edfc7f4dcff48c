import { freeConflictName } from "./conflict-name.js";
import { identical, isLive, sameContent } from "./content.js";
import type { Content, DirContent, Entry, FileContent, LinkContent, Path } from "./entry.js";
import type { Names } from "./names.js";
import type { Aside, PlanInput } from "./operations.js";
import type { PathProblem } from "./ports.js";
import { compareVectors } from "./vector.js";

/** A path that is to hold something of type `C`. */
export interface Target<C extends Content = Content> {
  readonly path: Path;
  /** What is there; null: nothing. */
  readonly have: Entry | null;
  readonly want: Entry & { readonly content: C };
  aside?: Aside;
}

export interface Removed {
  readonly path: Path;
  readonly have: Entry;
  readonly want: Entry;
}

/** What the rows of a plan ask for, each list in the order of paths. */
export interface Classified {
  readonly dirs: Target<DirContent>[];
  readonly links: Target<LinkContent>[];
  readonly files: Target<FileContent>[];
  /** Files that need their exec bit changed and nothing else. */
  readonly execs: Target<FileContent>[];
  readonly removed: Removed[];
  readonly noted: Path[];
  readonly problems: PathProblem[];
}

/**
 * Sorts out what each row needs. Ignored paths are left alone, and so is an edit that is told to nobody (mode `pull`) as long
 * as nothing newer is wanted in its place; then it is set aside.
 */
export function classify(input: PlanInput, names: Names): Classified {
  const found: Classified = { dirs: [], links: [], files: [], execs: [], removed: [], noted: [], problems: [] };
  const reported = new Set<Path>();
  const given = new Set<Path>();
  const isTaken = (path: Path): boolean => given.has(path) || isLive(input.have(path)?.content) || isLive(input.want(path)?.content);

  for (const row of [...input.rows].sort(byPath)) {
    const { path, want } = row;
    const have = row.have !== null && isLive(row.have.content) ? row.have : null;
    if (input.isIgnored(path, (isLive(want.content) ? want : (have ?? want)).content.type === "dir")) continue;
    const order = row.have === null ? "before" : compareVectors(row.have.vector, want.vector);
    // Directories are made whatever was done in their place: others have something in them.
    if (order === "after" && want.content.type !== "dir") continue;
    if (have === null ? !isLive(want.content) : identical(have.content, want.content)) {
      found.noted.push(path);
      continue;
    }
    const untold = order === "concurrent" || order === "after" ? have : null;
    if (have !== null && !isLive(want.content)) {
      if (untold === null) found.removed.push({ path, have, want });
      continue;
    }
    const held = names.heldBy(path);
    if (held !== null) {
      if (!reported.has(held.held)) found.problems.push(clash(held.held, held.by));
      reported.add(held.held);
      continue;
    }
    if (untold?.content.type === "dir") {
      found.problems.push({ path, message: `a folder that only this device has is in the place of a ${want.content.type}; move it away` });
      continue;
    }
    const target: Target = { path, have, want };
    if (untold !== null && !sameContent(untold.content, want.content)) {
      const to = freeConflictName(path, untold, isTaken);
      given.add(to);
      target.aside = { to, entry: null };
    }
    refile(found, target);
  }
  return found;
}

/** Puts a target on the list that it belongs to; on none when nothing is left to be done. */
export function refile(found: Classified, target: Target): void {
  const { have, want } = target;
  if (want.content.type === "dir") found.dirs.push(target as Target<DirContent>);
  else if (have !== null && identical(have.content, want.content)) return;
  else if (want.content.type === "link") found.links.push(target as Target<LinkContent>);
  else {
    const list = have !== null && sameContent(have.content, want.content) ? found.execs : found.files;
    list.push(target as Target<FileContent>);
  }
}

/**
 * What a path holds right after a rename to it: the wanted version, with the exec bit that the file had; where the content
 * is to be replaced as well, still the version that was renamed, so that an edit in between is none of the wanted one.
 */
export function afterRename(have: Entry, want: Entry): Entry {
  if (identical(have.content, want.content)) return want;
  return sameContent(have.content, want.content) ? { ...want, content: have.content } : have;
}

/** Whether there are bytes that a move or copy can use. */
export function isFile(have: Entry | null | undefined): have is Entry & { readonly content: FileContent } {
  return have?.content.type === "file";
}

export function byPath(a: { readonly path: Path }, b: { readonly path: Path }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function clash(held: Path, by: Path): PathProblem {
  return {
    path: held,
    message: `is held back: this folder does not tell it apart from ${JSON.stringify(by)}; rename one of them on another device`,
  };
}
