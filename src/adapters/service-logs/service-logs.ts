import { constants, existsSync, mkdirSync, openSync } from "node:fs";
import type { ServiceLogsPort } from "../../services/ports.js";
import { AuraError } from "../../shared/errors.js";
import { silentLog, type Log } from "../../shared/log.js";
import type { LiveLog, LogLimits } from "./live-log.js";
import { loadLog, look } from "./look.js";
import { isLogName, logPaths } from "./paths.js";
import { isOverSize, rotateByRename } from "./rotate.js";
import { fallocate, type SpaceTool } from "./space.js";
import { createSweeper, SWEEP_MS } from "./sweep.js";
import { waitForLine } from "./wait-for-line.js";

export interface ServiceLogsOptions {
  /** `state/log/services`; made (0700) when missing. */
  readonly dir: string;
  readonly log?: Log;
  readonly sweepMs?: number;
  readonly space?: SpaceTool;
  /** Wall clock, ms since the epoch. */
  readonly now?: () => number;
}

export interface ServiceLogs extends ServiceLogsPort {
  /** Sets a service's limits; from then on its log is swept. */
  configure(service: string, limits: LogLimits): void;
  /** Stops sweeping the log of a removed service; its files stay. */
  forget(service: string): void;
  /** Marks times and rotates what grew; resolves when done. One sweep at a time. Never rejects. */
  sweepOnce(): Promise<void>;
  /** Sweeps every 2 s until the returned function is called, which resolves when the last sweep is over. */
  startSweep(): () => Promise<void>;
  /** A configured service's log, or one that has a file; undefined for anything else. */
  find(service: string): LiveLog | undefined;
}

export const DEFAULT_LIMITS: LogLimits = { maxSizeBytes: 10_000_000, keep: 5 };

/**
 * The logs of services. A service writes to its file itself, through the descriptor that `open` gave it, so nothing is lost
 * when aurad dies, and nothing waits for it.
 */
export function createServiceLogs(options: ServiceLogsOptions): ServiceLogs {
  const { dir, log = silentLog, sweepMs = SWEEP_MS, space = fallocate, now = Date.now } = options;
  makeDirectory(dir);
  const logs = new Map<string, LiveLog>();
  const sweeper = createSweeper({ dir, log, logs, space, now });

  const get = (service: string): LiveLog => {
    const known = logs.get(service);
    if (known !== undefined) return known;
    if (!isLogName(service)) throw new AuraError("not_found", `${JSON.stringify(service)} cannot name a log`);
    const loaded = loadLog(service, logPaths(dir, service), DEFAULT_LIMITS);
    logs.set(service, loaded);
    return loaded;
  };

  return {
    open(service) {
      const live = get(service);
      live.isSwept = true;
      if (sweeper.mode() === "none") rotateIfOver(live, log);
      return openForAppend(live);
    },
    waitForLine: (service, text, fromOffset, signal) => waitForLine(get(service), text, fromOffset, signal),
    offset: (service) => look(get(service)).end,
    configure(service, limits) {
      const live = get(service);
      live.limits = limits;
      live.isSwept = true;
    },
    forget(service) {
      // The entry stays: a rotation of it may be under way.
      const live = logs.get(service);
      if (live !== undefined) live.isSwept = false;
    },
    find(service) {
      if (logs.get(service)?.isSwept === true) return logs.get(service);
      return isLogName(service) && existsSync(logPaths(dir, service).live) ? get(service) : undefined;
    },
    sweepOnce: sweeper.sweep,
    startSweep: () => sweeper.start(sweepMs),
  };
}

function makeDirectory(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new AuraError("file_write", `cannot make the log directory ${dir}: ${(error as Error).message}`, { cause: error });
  }
}

function openForAppend({ name, paths }: LiveLog): number {
  try {
    return openSync(paths.live, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o600);
  } catch (error) {
    throw new AuraError("file_write", `cannot open the log of ${name}: ${(error as Error).message}`, {
      effect: `${name} is not started`,
      cause: error,
    });
  }
}

/** The output goes on in the grown file when it cannot be renamed: a log must not keep a service down. */
function rotateIfOver(live: LiveLog, log: Log): void {
  look(live);
  if (!isOverSize(live)) return;
  try {
    rotateByRename(live);
  } catch (error) {
    log.warn({ service: live.name, error: (error as Error).message }, "log was not rotated at start");
  }
}
