import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isSpecName } from "./spec-files.js";

/**
 * Copies of the spec files that were last in use, so that a bad file keeps its last good version over restarts of
 * aurad. The copies may hold private env values: 0600 in a directory of mode 0700. A copy is written beside and
 * renamed; it is not synced, because a lost copy costs no more than a warning at the next bad edit.
 */
export class LastGood {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The copy of a file, or undefined when there is none. */
  read(name: string): Buffer | undefined {
    try {
      const bytes = readFileSync(join(this.#dir, name));
      return bytes.length === 0 ? undefined : bytes;
    } catch {
      return undefined;
    }
  }

  names(): readonly string[] {
    try {
      return readdirSync(this.#dir).filter(isSpecName).toSorted();
    } catch {
      return [];
    }
  }

  /** Throws when the copy cannot be written. */
  keep(name: string, bytes: Uint8Array): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const beside = join(this.#dir, `.${name}.new`);
    writeFileSync(beside, bytes, { mode: 0o600 });
    renameSync(beside, join(this.#dir, name));
  }

  /** Forgets the copies of files that are gone. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.names()) if (!names.has(name)) rmSync(join(this.#dir, name), { force: true });
  }
}
