import { mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Path } from "../../sync/entry.js";
import { makeFolders } from "./make-folders.js";
import { codeOf } from "./refusal.js";
import { lstat } from "./stat.js";

const DAY_MS = 86_400_000;
/** A batch's name tells when its files were deleted; so it must not go on for long. */
const BATCH_MS = 60_000;

/**
 * `.aura/trash/YYYYMMDD/HHMMSS-NNN/path`, times UTC. What is deleted together stands together, as it stood in the root.
 * Only its owner may look into it: a file may have come out of a folder that hid it.
 */
export class Trash {
  readonly dir: string;
  readonly #nowMs: () => number;
  #batch: { readonly dir: string; readonly begun: number } | null = null;
  /** Batches of this process, and when they were begun by a clock that nobody sets. */
  readonly #own = new Map<string, number>();

  constructor(dir: string, nowMs: () => number) {
    this.dir = dir;
    this.#nowMs = nowMs;
  }

  /** An absolute path for what is about to be deleted: its folder is there, and nothing is at it. */
  slot(path: Path): string {
    if (this.#batch !== null && performance.now() - this.#batch.begun < BATCH_MS) {
      const slot = this.#within(this.#batch.dir, path);
      if (slot !== null) return slot;
    }
    const dir = this.#begin();
    this.#batch = { dir, begun: performance.now() };
    this.#own.set(dir, this.#batch.begun);
    return join(makeFolders(dirname(join(dir, path))), path.slice(path.lastIndexOf("/") + 1));
  }

  /** A slot that was not needed after all: its folders go where nothing else is in them. */
  release(slot: string): void {
    try {
      for (let folder = dirname(slot); folder !== this.dir; folder = dirname(folder)) {
        rmdirSync(folder);
        this.#own.delete(folder);
        if (this.#batch?.dir === folder) this.#batch = null;
      }
    } catch {
      // Not empty, or not ours to remove.
    }
  }

  /** What is deleted from now on was not deleted together with what was before. */
  endBatch(): void {
    this.#batch = null;
  }

  /**
   * Deletes for good what was put here at least `days` ago; returns files deleted. What this process put here is aged by
   * a clock that cannot jump, and what is dated in the future is of a clock that was wrong: it stays.
   */
  empty(days: number, nowMs: number): number {
    let files = 0;
    for (const day of names(this.dir).filter((name) => /^\d{8}$/.test(name))) {
      for (const name of names(join(this.dir, day))) {
        const batch = join(this.dir, day, name);
        const putMs = dateOf(day, name);
        if (putMs === null || !this.#isDue(batch, putMs, days * DAY_MS, nowMs)) continue;
        files += removeTree(batch);
        this.#own.delete(batch);
        if (this.#batch?.dir === batch) this.#batch = null;
      }
      removeEmpty(join(this.dir, day));
    }
    return files;
  }

  #isDue(batch: string, putMs: number, keepMs: number, nowMs: number): boolean {
    const begun = this.#own.get(batch);
    if (begun !== undefined) return performance.now() - begun >= keepMs;
    return putMs <= nowMs && nowMs - putMs >= keepMs;
  }

  /** Null when this batch has something in the way: the same path again, or a file or link where a folder is needed. */
  #within(dir: string, path: Path): string | null {
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      const above = lstat(join(dir, path.slice(0, end)));
      if (above === null) break;
      if (!above.isDirectory()) return null;
    }
    const slot = join(dir, path);
    makeFolders(dirname(slot));
    return lstat(slot) === null ? slot : null;
  }

  #begin(): string {
    const stamp = new Date(this.#nowMs()).toISOString().replace(/[-:]/g, "");
    const day = makeFolders(join(this.dir, stamp.slice(0, 8)));
    for (let number = 1; ; number++) {
      const dir = join(day, `${stamp.slice(9, 15)}-${String(number).padStart(3, "0")}`);
      try {
        mkdirSync(dir, 0o700);
        return dir;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
    }
  }
}

function dateOf(day: string, batch: string): number | null {
  const time = /^(\d\d)(\d\d)(\d\d)-\d{3,}$/.exec(batch);
  if (time === null) return null;
  const ms = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time[1]}:${time[2]}:${time[3]}Z`);
  return Number.isNaN(ms) ? null : ms;
}

function names(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Returns how many files were in it. What cannot be removed now is tried again the next time. */
function removeTree(dir: string): number {
  try {
    const files = countFiles(dir);
    rmSync(dir, { recursive: true, force: true });
    return files;
  } catch {
    return 0;
  }
}

function countFiles(dir: string): number {
  return readdirSync(dir, { withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isDirectory() ? countFiles(join(dir, entry.name)) : 1),
    0,
  );
}

function removeEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // Something is in it.
  }
}
