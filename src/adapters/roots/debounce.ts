import type { Path } from "../../sync/entry.js";

/** However busy a folder is, news of it are not held back for longer than this many quiet periods. */
const LONGEST = 20;
/** Above it a scan of everything costs no more than naming them all. */
const FOLDERS_AT_MOST = 4096;

/** Gathers folders until nothing has happened for a while. */
export class Debounce {
  readonly #quietMs: number;
  readonly #onQuiet: (folders: readonly Path[] | "all") => void;
  #folders: Set<Path> | "all" = new Set();
  #timer: NodeJS.Timeout | undefined;
  #firstAt = 0;
  #lastAt = 0;
  #closed = false;

  constructor(quietMs: number, onQuiet: (folders: readonly Path[] | "all") => void) {
    this.#quietMs = quietMs;
    this.#onQuiet = onQuiet;
  }

  touched(folder: Path): void {
    if (this.#folders !== "all" && this.#folders.add(folder).size > FOLDERS_AT_MOST) this.#folders = "all";
    this.#noted();
  }

  /** Something was missed. */
  all(): void {
    this.#folders = "all";
    this.#noted();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Thousands may come at once: the timer is set once, and looks when it rings. */
  #noted(): void {
    this.#lastAt = performance.now();
    if (this.#closed || this.#timer !== undefined) return;
    this.#firstAt = this.#lastAt;
    this.#ringIn(this.#quietMs);
  }

  #ringIn(ms: number): void {
    this.#timer = setTimeout(() => this.#ring(), ms);
    this.#timer.unref();
  }

  #ring(): void {
    const due = Math.min(this.#lastAt + this.#quietMs, this.#firstAt + LONGEST * this.#quietMs) - performance.now();
    if (due > 0.5) return this.#ringIn(Math.ceil(due));
    const folders = this.#folders;
    this.#folders = new Set();
    this.#timer = undefined;
    this.#onQuiet(folders === "all" ? "all" : [...folders]);
  }
}
