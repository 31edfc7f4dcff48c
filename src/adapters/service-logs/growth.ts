import { watch, type FSWatcher } from "node:fs";

export interface GrowthWatch {
  /** Resolves when the file may have grown, after `maxMs` at the latest, or when the signal aborts. */
  next(maxMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Wakes a reader at the end of a log. The watcher makes it quick; the time limit makes it certain, for a watcher does not see
 * a file that is created or replaced later, nor anything at all once the inotify limits are used up.
 */
export function watchGrowth(file: string): GrowthWatch {
  let hasChanged = false;
  let wake = (): void => {};
  const watcher = tryWatch(file, () => {
    hasChanged = true;
    wake();
  });
  return {
    async next(maxMs, signal) {
      if (!hasChanged && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer);
            signal.removeEventListener("abort", done);
            wake = () => {};
            resolve();
          };
          const timer = setTimeout(done, maxMs);
          signal.addEventListener("abort", done, { once: true });
          wake = done;
        });
      }
      hasChanged = false;
    },
    close: () => watcher?.close(),
  };
}

function tryWatch(file: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(file, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
