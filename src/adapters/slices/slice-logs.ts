import { dirname } from "node:path";
import type { SliceLogQuery, SliceLogsPort } from "../../epochs/ports.js";
import type { SliceKey } from "../../epochs/slice.js";
import { AuraError } from "../../shared/errors.js";
import { watchGrowth } from "../service-logs/growth.js";
import { createLineJoiner } from "../service-logs/lines.js";
import type { LiveLog } from "../service-logs/live-log.js";
import { lastLines } from "../service-logs/logs-port.js";
import { loadLog } from "../service-logs/look.js";
import { logPaths } from "../service-logs/paths.js";
import { readFrom } from "../service-logs/read.js";
import { DEFAULT_LIMITS } from "../service-logs/service-logs.js";
import { attemptsOf, logFile } from "./log-paths.js";

export interface SliceLogsOptions {
  /** The folder that `createSliceRuns` was given. */
  readonly logDir: string;
  /** Of the slices of this host: a log that is followed ends with its attempt. */
  isRunning(key: SliceKey): boolean;
}

export interface SliceLogs extends SliceLogsPort {
  /** The attempts of a slice that have a log here, ascending. */
  attempts(epochId: string, sliceId: string): readonly number[];
}

const POLL_MS = 250;
/** An unfinished last line is shown after this: a prompt, a progress bar. */
const PARTIAL_MS = 500;

/** What slices of this host wrote. Their logs are neither rotated nor removed. */
export function createSliceLogs({ logDir, isRunning }: SliceLogsOptions): SliceLogs {
  const find = (query: SliceLogQuery): { key: SliceKey; log: LiveLog } => {
    const { epoch_id, slice_id } = query;
    const known = attemptsOf(logDir, epoch_id, slice_id);
    const attempt = query.attempt ?? known.at(-1);
    if (attempt === undefined)
      throw notFound(`slice ${slice_id} of epoch ${epoch_id} has no log on this host`, "it has not started here yet");
    if (!known.includes(attempt)) {
      throw notFound(`attempt ${attempt} of slice ${slice_id} has no log on this host`, `there is one of: ${known.join(", ") || "none"}`);
    }
    const key = { epoch_id, slice_id, attempt };
    const name = `${slice_id}.${attempt}`;
    return { key, log: loadLog(name, logPaths(dirname(logFile(logDir, key)), name), DEFAULT_LIMITS) };
  };
  return {
    attempts: (epochId, sliceId) => attemptsOf(logDir, epochId, sliceId),
    async tail(query) {
      const { lines } = await lastLines(find(query).log, { lines: query.lines }, everyLine, () => true);
      return lines;
    },
    async *follow(query, signal) {
      const { key, log } = find(query);
      // The unfinished last line is left to the live part, which knows when it is finished.
      const { lines, resume } = await lastLines(log, { lines: query.lines }, everyLine, ({ isWhole }) => isWhole);
      for (const line of lines) {
        if (signal.aborted) return;
        yield line;
      }
      yield* untilEnd(log, resume, () => isRunning(key), signal);
    },
  };
}

/** The lines behind `offset`, up to the last one of an attempt that has ended. */
async function* untilEnd(log: LiveLog, offset: number, isRunning: () => boolean, signal: AbortSignal): AsyncGenerator<string> {
  const growth = watchGrowth(log.paths.live);
  const joiner = createLineJoiner();
  let position = offset;
  let lastGrowth = performance.now();
  try {
    while (!signal.aborted) {
      // Asked before the log is read: what it wrote last is then still to come.
      const running = isRunning();
      const { at, bytes } = readFrom(log, position);
      if (bytes.length > 0) {
        position = at + bytes.length;
        lastGrowth = performance.now();
        yield* joiner.push(bytes);
        continue;
      }
      const quiet = performance.now() - lastGrowth;
      if (joiner.isPartial && (!running || quiet >= PARTIAL_MS)) yield* joiner.flush();
      if (!running) return;
      await growth.next(joiner.isPartial ? Math.max(1, Math.min(POLL_MS, PARTIAL_MS - quiet)) : POLL_MS, signal);
    }
  } finally {
    growth.close();
  }
}

function everyLine(lines: readonly string[]): readonly boolean[] {
  return lines.map(() => true);
}

function notFound(message: string, fix: string): AuraError {
  return new AuraError("not_found", message, { fix });
}
