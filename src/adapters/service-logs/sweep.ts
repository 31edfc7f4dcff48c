import { setImmediate } from "node:timers/promises";
import type { Log } from "../../shared/log.js";
import { addMark, type LiveLog } from "./live-log.js";
import { look } from "./look.js";
import { isOverSize, rotate } from "./rotate.js";
import { findCutMode, type CutMode, type SpaceTool } from "./space.js";

export const SWEEP_MS = 2000;

export interface SweeperOptions {
  readonly dir: string;
  readonly log: Log;
  readonly logs: ReadonlyMap<string, LiveLog>;
  readonly space: SpaceTool;
  readonly now: () => number;
}

export interface Sweeper {
  sweep(): Promise<void>;
  start(everyMs: number): () => Promise<void>;
  /** How this directory's files can be cut; undefined until that was needed. */
  mode(): CutMode | undefined;
}

/** One timer for all logs. A log that did not grow costs one stat. */
export function createSweeper({ dir, log, logs, space, now }: SweeperOptions): Sweeper {
  // Without fallocate nothing needs to be tried.
  let mode: CutMode | undefined = process.platform === "linux" ? undefined : "none";
  let hasWarnedOfMode = false;
  let current: Promise<void> | undefined;

  const findMode = async (): Promise<CutMode> => {
    mode ??= await findCutMode(space, dir);
    if (mode === "none" && !hasWarnedOfMode) {
      hasWarnedOfMode = true;
      log.warn({ dir }, "logs cannot be rotated while a service runs on this file system; each is rotated when its service next starts");
    }
    return mode;
  };

  const sweepLog = async (live: LiveLog): Promise<void> => {
    try {
      // Many logs may have grown at once: others get their turn after each.
      if (mark(live, now())) await setImmediate();
      if (!isOverSize(live) && live.pending === undefined) return;
      const how = await findMode();
      if (how === "none") return;
      await rotate(live, space, how);
      live.warned = false;
    } catch (error) {
      if (!live.warned) {
        log.warn({ service: live.name, error: (error as Error).message }, "log was not rotated; it grows until that is possible again");
      }
      live.warned = true;
    }
  };

  const sweepAll = async (): Promise<void> => {
    for (const live of logs.values()) if (live.isSwept) await sweepLog(live);
  };
  const sweep = (): Promise<void> => {
    current ??= sweepAll().finally(() => {
      current = undefined;
    });
    return current;
  };

  return {
    sweep,
    mode: () => mode,
    start(everyMs) {
      const timer = setInterval(() => void sweep(), everyMs);
      timer.unref();
      return async () => {
        clearInterval(timer);
        await current;
      };
    },
  };
}

/** Notes how far the log had come by now. False when it did not grow since it was last seen. */
function mark(live: LiveLog, time: number): boolean {
  const { end } = look(live);
  if (end === 0 || end === live.marks.at(-1)?.[1]) return false;
  addMark(live, [time, end]);
  return true;
}
