import type { Path } from "../../sync/entry.js";
import { parentOf } from "./areas.js";
import type { Areas } from "./areas.js";
import type { Unflushed } from "./durable.js";
import type { IgnoreRules } from "./ignore-rules.js";
import type { RenameCalls } from "./rename-calls.js";
import { lstat } from "./stat.js";
import type { TempFiles } from "./temp-files.js";

/**
 * Where another program may step in between two calls: `checked` before something is put in place, `swapped` when it is
 * and what came out is not looked at yet, `undoing` before that is taken back.
 */
export type Step = "checked" | "swapped" | "undoing";

/** What the operations on one root share. */
export interface OpenRoot {
  /** Absolute, without links. */
  readonly dir: string;
  readonly caseSensitive: boolean;
  readonly normalizationSensitive: boolean;
  readonly areas: Areas;
  readonly temps: TempFiles;
  readonly unflushed: Unflushed;
  readonly calls: RenameCalls;
  readonly rules: () => IgnoreRules;
  readonly onStep: (step: Step, path: Path) => void;
}

export function absolute(root: OpenRoot, path: Path): string {
  return path === "" ? root.dir : `${root.dir}/${path}`;
}

/** Whether every folder above a path is a folder, and not a link that leads out of the root. */
export function hasFolders(root: OpenRoot, path: Path): boolean {
  for (let folder = parentOf(path); folder !== ""; folder = parentOf(folder)) {
    try {
      if (lstat(absolute(root, folder))?.isDirectory() !== true) return false;
    } catch {
      return false;
    }
  }
  return true;
}
