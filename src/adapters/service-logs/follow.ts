import { watchGrowth } from "./growth.js";
import type { LineFilter } from "./grep.js";
import { createLineJoiner } from "./lines.js";
import { settled, type LiveLog } from "./live-log.js";
import { readFrom } from "./read.js";

const POLL_MS = 250;
/** An unfinished last line is shown after this: a prompt, a progress bar. */
const PARTIAL_MS = 500;

/** The lines written behind the logical offset, through rotations, until the signal aborts. */
export async function* linesFrom(log: LiveLog, offset: number, filter: LineFilter, signal: AbortSignal): AsyncGenerator<string> {
  const growth = watchGrowth(log.paths.live);
  const joiner = createLineJoiner();
  let position = offset;
  let lastGrowth = performance.now();
  try {
    while (!signal.aborted) {
      await settled(log);
      const { at, bytes } = readFrom(log, position);
      if (bytes.length > 0) {
        const lines = at > position ? [...joiner.flush(), gapLine(at - position)] : [];
        lines.push(...joiner.push(bytes));
        yield* matching(lines, filter);
        position = at + bytes.length;
        lastGrowth = performance.now();
        await new Promise(setImmediate);
        continue;
      }
      const quiet = performance.now() - lastGrowth;
      if (joiner.isPartial && quiet >= PARTIAL_MS) yield* matching(joiner.flush(), filter);
      await growth.next(joiner.isPartial ? Math.max(1, Math.min(POLL_MS, PARTIAL_MS - quiet)) : POLL_MS, signal);
    }
  } finally {
    growth.close();
  }
}

function matching(lines: readonly string[], filter: LineFilter): string[] {
  if (lines.length === 0) return [];
  const matches = filter(lines);
  return lines.filter((_, i) => matches[i]);
}

function gapLine(bytes: number): string {
  return `[${bytes} bytes were rotated away before they could be shown; raise log.keep]`;
}
