import { accessSync, constants, statSync } from "node:fs";
import { AuraError } from "../../shared/errors.js";
import { shown } from "./names.js";
import { codeOf, reason } from "./refusal.js";
import { rootFile } from "./root-file.js";

/**
 * That a folder is the root it was when it was opened: the same folder, with its `.aura/root.toml`. A disk that is not
 * mounted leaves an empty folder in its place, which must never be taken for one whose files were all deleted.
 */
export class Marker {
  readonly #path: string;
  readonly #identity: string;

  /** Throws AuraError `root_missing`. */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identity(this.#look());
  }

  /** Returns the device of the root's file system. Throws AuraError `root_missing`. */
  check(): number {
    const stats = this.#look();
    if (identity(stats) === this.#identity) return stats.dev;
    throw new AuraError("root_missing", `root ${shown(this.#path)} is another folder than it was: unmounted, moved or replaced`, {
      effect: "nothing was deleted",
      fix: "put it back, or start again with the folder that is there now",
    });
  }

  #look(): { readonly dev: number; readonly ino: number } {
    try {
      const stats = statSync(this.#path);
      accessSync(rootFile(this.#path), constants.R_OK);
      return stats;
    } catch (error) {
      throw missing(this.#path, error);
    }
  }
}

function identity({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

function missing(path: string, error: unknown): AuraError {
  const none = codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
  const what = none ? (exists(path) ? "has no .aura/root.toml" : "is not there") : `cannot be read (${reason(error)})`;
  return new AuraError("root_missing", `root ${shown(path)} ${what}`, {
    effect: "nothing is synced or deleted",
    fix: none ? "mount or restore it; a new root is made with: aura-msg root init" : "make it readable",
    cause: error,
  });
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
