import { realpathSync, statSync } from "node:fs";
import type { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";
import type { Path } from "../../sync/entry.js";
import type { Watching, WatcherPort, WatchRequest } from "../../sync/ports.js";
import { Debounce } from "./debounce.js";
import { FolderPoll } from "./folder-poll.js";
import { FolderWatch } from "./folder-watch.js";
import type { WatchNews } from "./folder-watch.js";
import { watchFailure } from "./watch-failure.js";

const POLL_MS = 5000;

export interface WatcherOptions {
  readonly log: Log;
  /** Between two looks where nothing is watched: at folders' times, or for a root that is gone. */
  readonly pollMs?: number;
}

/** Watches roots by a watch on each folder. On a thread whose event loop is free: what it does not read in time is lost. */
export function createFolderWatcher({ log, pollMs = POLL_MS }: WatcherOptions): WatcherPort {
  return {
    watch: async (request, onChange) => {
      const watching = new RootWatch(request, onChange, log, pollMs);
      await watching.start();
      return watching;
    },
  };
}

/**
 *   events --no more watches--> poll --refresh()--> events
 *   events, poll --root gone--> (looks for it) --root is back--> events
 */
class RootWatch implements Watching {
  readonly #request: WatchRequest;
  readonly #log: Log;
  readonly #pollMs: number;
  readonly #news: Debounce;
  #source: FolderWatch | FolderPoll | null = null;
  #failure: AuraError | null = null;
  #search: NodeJS.Timeout | undefined;
  #started = false;
  #warned = false;
  #closed = false;

  constructor(request: WatchRequest, onChange: (folders: readonly Path[] | "all") => void, log: Log, pollMs: number) {
    this.#request = request;
    this.#log = log;
    this.#pollMs = pollMs;
    this.#news = new Debounce(request.debounceMs, onChange);
  }

  get mode(): "events" | "poll" {
    return this.#source instanceof FolderPoll ? "poll" : "events";
  }

  async start(): Promise<void> {
    await this.#watch();
    this.#started = true;
    if (this.#failure === null || this.#source instanceof FolderPoll) return;
    await this.close();
    throw this.#failure;
  }

  /** Where watches had run out it tries them again: there may be fewer folders to watch now. */
  async refresh(): Promise<void> {
    if (this.#closed || this.#search !== undefined) return;
    if (this.#source instanceof FolderWatch) return this.#source.refresh();
    await this.#watch();
    // What was written into files while folders were polled.
    this.#news.all();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#source?.close();
    clearInterval(this.#search);
    this.#news.close();
    return Promise.resolve();
  }

  async #watch(): Promise<void> {
    this.#source?.close();
    this.#failure = null;
    const { path, isIgnored } = this.#request;
    let dir: string;
    try {
      dir = realpathSync(path);
    } catch {
      return this.#lost();
    }
    const news: WatchNews = {
      touched: (folder) => this.#news.touched(folder),
      all: () => this.#news.all(),
      lost: () => this.#lost(),
      exhausted: (folder, error) => this.#exhausted(dir, watchFailure(folder, error)),
    };
    const source = new FolderWatch(dir, isIgnored, news);
    this.#source = source;
    await source.start();
    if (this.#failure === null) this.#warned = false;
  }

  /** At the start it may be refused. Later there is nobody to refuse, and a root that is polled is better than one that is not. */
  #exhausted(dir: string, failure: AuraError): void {
    this.#failure = failure;
    if (this.#closed || (!this.#started && this.#request.fallback === "fail")) return;
    if (!this.#warned) this.#log.warn({ root: this.#request.path, error: failure.line }, "folders are polled instead of watched");
    this.#warned = true;
    const poll = new FolderPoll(dir, this.#request.isIgnored, {
      touched: (folder) => this.#news.touched(folder),
      lost: () => this.#lost(),
    });
    this.#source = poll;
    poll.start(this.#pollMs);
    if (this.#started) this.#news.all();
  }

  /** Whoever scans now finds that the root is missing. When it is back, it may be anything. */
  #lost(): void {
    if (this.#closed) return;
    this.#source?.close();
    this.#news.all();
    clearInterval(this.#search);
    this.#search = setInterval(() => {
      if (!isFolder(this.#request.path)) return;
      clearInterval(this.#search);
      this.#search = undefined;
      void this.#watch().then(() => this.#news.all());
    }, this.#pollMs);
    this.#search.unref();
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
