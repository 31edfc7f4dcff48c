import type { Entry, Path } from "./entry.js";
import type { PathProblem } from "./ports.js";

/** A path that is wanted otherwise than it is. */
export interface PlanRow {
  readonly path: Path;
  /** What is on disk; null, or a gone one: nothing. */
  readonly have: Entry | null;
  readonly want: Entry;
}

export interface PlanInput {
  /** Those of which WANT is another version than HAVE, in any order, each path once. */
  readonly rows: Iterable<PlanRow>;
  /** What is on disk, for any path. */
  have(path: Path): Entry | null | undefined;
  want(path: Path): Entry | undefined;
  /** Paths wanted directly in a folder, gone ones too. Asked only where a folder folds names. */
  childrenOf(path: Path): Iterable<Path>;
  /** Files on disk with this content, as far as HAVE tells. */
  filesWith(hash: string): Iterable<Path>;
  isIgnored(path: Path, isDir: boolean): boolean;
  /** Whether the folder tells names apart that differ in case, or in Unicode normalisation. */
  readonly caseSensitive: boolean;
  readonly normalizationSensitive: boolean;
}

/**
 * What is to be done on disk, one after the other; downloads that are neighbours may run at once. `entry` is what the path
 * holds afterwards. Each is only done when the path is as HAVE says (`RootFolder` sees to it); else it is left out, and
 * what needs it fails in the same harmless way.
 */
export type Operation =
  /** A file or link may be in its place. */
  | { readonly op: "mkdir"; readonly path: Path; readonly entry: Entry; readonly aside?: Aside }
  /** A file or link; a directory with all that is in it only when its name changes in nothing but case or normalisation. */
  | { readonly op: "move"; readonly from: Path; readonly path: Path; readonly entry: Entry }
  /** From a file that has this content; when it has not any more: download. */
  | { readonly op: "copy"; readonly from: Path; readonly path: Path; readonly entry: Entry; readonly aside?: Aside }
  | { readonly op: "link"; readonly path: Path; readonly entry: Entry; readonly aside?: Aside }
  | { readonly op: "exec"; readonly path: Path; readonly entry: Entry }
  | { readonly op: "download"; readonly path: Path; readonly entry: Entry; readonly aside?: Aside }
  | { readonly op: "remove"; readonly path: Path; readonly entry: Entry; readonly isDir: boolean };

/**
 * What is at the path is not replaced but renamed, right before the new content takes its place. Where nothing is there (a
 * rename that was to bring it was left out), the whole operation is.
 */
export interface Aside {
  readonly to: Path;
  /** What `to` holds then; null: a copy that only this device knows (mode `pull`). */
  readonly entry: Entry | null;
}

export interface Plan {
  readonly operations: readonly Operation[];
  /** Nothing to do on disk: HAVE takes the version of WANT, where this tick's scan (or a stat now) finds the path as HAVE says. */
  readonly noted: readonly Path[];
  /** What is held back. */
  readonly problems: readonly PathProblem[];
  /** Files and links that `remove` takes. Moved ones are not among them. */
  readonly deletes: readonly Path[];
}
