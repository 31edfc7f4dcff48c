import { realpathSync, statSync, watch as watchEntry } from "node:fs";
import type { FSWatcher as EntryWatcher } from "node:fs";
import { basename, dirname, join } from "node:path";
import { watch as watchFiles } from "chokidar";
import type { FSWatcher as FileWatcher } from "chokidar";
import { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";

export interface FolderWatch {
  /** The directory itself, not what is below its folders. */
  readonly dir: string;
  /** Whether a file of this name is meant. */
  readonly isWanted: (name: string) => boolean;
  readonly quietMs: number;
  /** Said when the system tells nothing any more. */
  readonly unseen: string;
  readonly log: Log;
}

/**
 * Calls back after `quietMs` without a further change in the directory. Two watchers work together: one on the files
 * of the directory, one on the entry that leads to it, because the directory may not exist yet, may be removed and
 * made again, or may be a link that is swapped. After a save by renaming, the file watcher is blind for up to 50 ms:
 * `quietMs` must be longer, so that what is read afterwards is the last save. Resolves once every later change is seen;
 * rejects with watcher_failed.
 */
export async function watchFolder(watch: FolderWatch, onChange: () => void): Promise<() => Promise<void>> {
  const watcher = new FolderWatcher(watch, onChange);
  await watcher.arm();
  return () => watcher.close();
}

class FolderWatcher {
  readonly #dir: string;
  readonly #onChange: () => void;
  readonly #watch: FolderWatch;
  #files: FileWatcher | undefined;
  #entry: EntryWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #identity = "";
  #arming: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(watch: FolderWatch, onChange: () => void) {
    this.#watch = watch;
    this.#dir = watch.dir;
    this.#onChange = onChange;
  }

  /** Watches what is there now, and again when that changed while the watchers were being set up. */
  async arm(): Promise<void> {
    do {
      await this.#disarm();
      if (this.#closed) return;
      this.#identity = identity(this.#dir);
      try {
        this.#watchEntry();
        await this.#watchFiles();
      } catch (error) {
        await this.#disarm();
        throw new AuraError("watcher_failed", `cannot watch ${this.#dir}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    } while (this.#identity !== identity(this.#dir));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#arming;
    await this.#disarm();
  }

  /** The nearest directory that exists above, for the next name on the way down. */
  #watchEntry(): void {
    let [parent, name] = [dirname(this.#dir), basename(this.#dir)];
    while (parent !== dirname(parent) && !isDirectory(parent)) [parent, name] = [dirname(parent), basename(parent)];
    this.#entry = watchEntry(parent, { persistent: false }, (_, changed) => {
      if (changed === null || changed === name || changed === basename(parent)) this.#check();
    });
    this.#entry.on("error", (error) => this.#failed(error));
  }

  async #watchFiles(): Promise<void> {
    if (!isDirectory(this.#dir)) return;
    const real = realpathSync(this.#dir);
    const files = watchFiles(real, {
      ignoreInitial: true,
      depth: 0,
      ignored: (path) => path !== real && !this.#watch.isWanted(basename(path)),
    });
    this.#files = files;
    files.on("all", (_, path) => (path === real ? this.#check() : this.#changed()));
    await new Promise<void>((resolve, reject) => files.once("ready", resolve).once("error", reject));
    files.on("error", (error) => this.#failed(error));
  }

  /** Sets the watchers up anew when the path leads somewhere else than before. */
  #check(): void {
    if (this.#closed || identity(this.#dir) === this.#identity) return;
    this.#changed();
    this.#arming = this.#arming
      .then(() => this.arm())
      .then(
        () => this.#changed(),
        (error: unknown) => this.#failed(error),
      );
  }

  #changed(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(this.#onChange, this.#watch.quietMs);
    this.#timer.unref();
  }

  #failed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.#watch.log.warn({ dir: this.#dir, error: why }, this.#watch.unseen);
  }

  async #disarm(): Promise<void> {
    this.#entry?.close();
    this.#entry = undefined;
    await this.#files?.close();
    this.#files = undefined;
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Where a path leads: every directory on the way that exists, by its real place and inode. */
function identity(dir: string): string {
  for (let path = dir; ; path = dirname(path)) {
    try {
      const { dev, ino } = statSync(path);
      return [join(path), realpathSync(path), dev, ino].join("\0");
    } catch {
      if (path === dirname(path)) return "";
    }
  }
}
