import type { LogQuery, LogsPort } from "../../services/control.js";
import { AuraError } from "../../shared/errors.js";
import { linesFrom } from "./follow.js";
import { createLineFilter, type LineFilter } from "./grep.js";
import { offsetAt } from "./index-file.js";
import { linesBack, type Line } from "./lines-back.js";
import { settled, type LiveLog } from "./live-log.js";
import { look } from "./look.js";
import type { ServiceLogs } from "./service-logs.js";

/** An answer never holds more text than this, however many lines were asked for. */
const MAX_ANSWER_CHARS = 16 * 1024 * 1024;

/** Reads logs on this host. `sinceMs` is a wall clock time, ms since the epoch. Unknown names: AuraError `not_found`. */
export function createLogsPort(logs: Pick<ServiceLogs, "find">): LogsPort {
  const find = (name: string): LiveLog => {
    const log = logs.find(name);
    if (log === undefined) throw new AuraError("not_found", `no service and no log named ${name}`);
    return log;
  };
  return {
    async tail(name, query) {
      const log = find(name);
      const filter = createLineFilter(query.grep);
      return (await lastLines(log, query, filter, () => true)).lines;
    },
    async *follow(name, query, signal) {
      const log = find(name);
      const filter = createLineFilter(query.grep);
      // The unfinished last line is left to the live part, which knows when it is finished.
      const { lines, resume } = await lastLines(log, query, filter, (line) => line.isWhole);
      for (const line of lines) {
        if (signal.aborted) return;
        yield line;
      }
      yield* linesFrom(log, resume, filter, signal);
    },
  };
}

export interface Tail {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** Logical offset behind the last whole line. */
  readonly resume: number;
}

/** The newest lines that the query and `accept` let through. */
export async function lastLines(log: LiveLog, query: LogQuery, filter: LineFilter, accept: (line: Line) => boolean): Promise<Tail> {
  await settled(log);
  const { end } = look(log);
  const floor = query.sinceMs === undefined ? 0 : offsetAt(log.marks, query.sinceMs);
  const blocks: string[][] = [];
  let missing = Math.max(0, query.lines);
  let room = MAX_ANSWER_CHARS;
  let resume: number | undefined;
  for await (const block of linesBack(log, end, floor)) {
    resume ??= newestEnd(block);
    const accepted = block.filter(accept).map((line) => line.text);
    const matches = filter(accepted);
    const texts = lastOf(
      accepted.filter((_, i) => matches[i]),
      missing,
    );
    blocks.push(texts);
    missing -= texts.length;
    room -= texts.reduce((sum, text) => sum + text.length, 0);
    if (missing === 0 || room <= 0) break;
  }
  return { lines: blocks.toReversed().flat(), resume: resume ?? end };
}

function newestEnd(block: readonly Line[]): number | undefined {
  const newest = block.at(-1);
  return newest === undefined ? undefined : newest.isWhole ? newest.to : newest.from;
}

function lastOf<T>(items: readonly T[], count: number): T[] {
  return count === 0 ? [] : items.slice(-count);
}
