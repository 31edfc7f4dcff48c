import { readdirSync } from "node:fs";
import type { Path } from "../../sync/entry.js";
import type { WatchNews } from "./folder-watch.js";
import { IGNORE_FILE } from "./ignore-rules.js";
import { AURA } from "./names.js";
import { lstat } from "./stat.js";

/** Longer than any tick of a file system's clock that people use. */
const YOUNG_MS = 2000;

interface Folder {
  readonly stamp: string;
  /** So young when it was read that one more change may have the same time. */
  readonly young: boolean;
  readonly children: readonly Path[];
}

/**
 * Looks at the times of every folder of a root now and then: a file that was made, renamed or deleted changes its folder's.
 * What is written into a file does not; the next scan of everything finds that.
 */
export class FolderPoll {
  readonly #dir: string;
  readonly #isIgnored: (path: Path, isDir: boolean) => boolean;
  readonly #news: Pick<WatchNews, "touched" | "lost">;
  #folders = new Map<Path, Folder>();
  #ignoreStamp: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(dir: string, isIgnored: (path: Path, isDir: boolean) => boolean, news: Pick<WatchNews, "touched" | "lost">) {
    this.#dir = dir;
    this.#isIgnored = isIgnored;
    this.#news = news;
    this.#ignoreStamp = this.#stamp(IGNORE_FILE);
  }

  start(everyMs: number): void {
    this.#round(() => {});
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (this.#stamp("") === "") {
      this.close();
      return this.#news.lost();
    }
    const stamp = this.#stamp(IGNORE_FILE);
    if (stamp !== this.#ignoreStamp) this.#news.touched(AURA);
    this.#ignoreStamp = stamp;
    this.#round((folder) => this.#news.touched(folder));
  }

  /** Goes down from the root; only folders whose times have changed are read again. */
  #round(onChange: (folder: Path) => void): void {
    const seen = new Map<Path, Folder>();
    const visit = (path: Path): void => {
      const known = this.#folders.get(path);
      const stamp = this.#stamp(path);
      const folder = known?.stamp === stamp && !known.young ? known : this.#read(path, stamp);
      if (known?.stamp !== stamp || known.children.join("\0") !== folder.children.join("\0")) onChange(path);
      seen.set(path, folder);
      for (const child of folder.children) if (!this.#isIgnored(child, true)) visit(child);
    };
    visit("");
    this.#folders = seen;
  }

  #read(path: Path, stamp: string): Folder {
    const mtimeMs = Number(stamp.split(",")[2] ?? 0);
    return { stamp, young: Math.abs(Date.now() - mtimeMs) < YOUNG_MS, children: this.#childrenOf(path) };
  }

  #childrenOf(path: Path): Path[] {
    try {
      const entries = readdirSync(this.#absolute(path), { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => (path === "" ? name : `${path}/${name}`));
    } catch {
      return [];
    }
  }

  /** Empty when there is nothing. */
  #stamp(path: Path): string {
    try {
      const stats = lstat(this.#absolute(path));
      return stats === null ? "" : [stats.dev, stats.ino, stats.mtimeMs, stats.ctimeMs].join();
    } catch {
      return "";
    }
  }

  #absolute(path: Path): string {
    return path === "" ? this.#dir : `${this.#dir}/${path}`;
  }
}
