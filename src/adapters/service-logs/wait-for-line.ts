import { watchGrowth } from "./growth.js";
import { settled, type LiveLog } from "./live-log.js";
import { readFrom } from "./read.js";

const POLL_MS = 50;

/** True once the text stands behind `offset`, though its line be unfinished; false when the signal aborts first. */
export async function waitForLine(log: LiveLog, text: string, offset: number, signal: AbortSignal): Promise<boolean> {
  const needle = Buffer.from(text);
  const growth = watchGrowth(log.paths.live);
  try {
    let position = offset;
    let seen = Buffer.alloc(0);
    while (!signal.aborted) {
      await settled(log);
      const { at, bytes } = readFrom(log, position);
      if (bytes.length === 0) {
        await growth.next(POLL_MS, signal);
        continue;
      }
      // The text may lie across two reads, but not across a gap.
      const all = at === position ? Buffer.concat([seen, bytes]) : bytes;
      if (all.includes(needle)) return true;
      seen = Buffer.from(all.subarray(Math.max(0, all.length - needle.length + 1)));
      position = at + bytes.length;
      await new Promise(setImmediate);
    }
    return false;
  } finally {
    growth.close();
  }
}
