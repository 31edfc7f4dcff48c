import { setTimeout as pause } from "node:timers/promises";
import type { TickProgress } from "../sync/tick.js";
import type { RootsConnection } from "./connect-roots.js";
import type { Context } from "./context.js";
import { NO_METER, nextMeter, progressLine, totalProgress } from "./render/roots-progress.js";

const LOOK_MS = 200;
const CLEAR = "\r\u001b[K";

/**
 * One line that says how far it is, while `work` is under way: drawn over itself and gone at the end. Only on a terminal, and
 * only of this host: nothing of it elsewhere. Resolves and rejects as `work` does.
 */
export async function withProgress<T>(
  { globals, io }: Pick<Context, "globals" | "io">,
  { control, via }: RootsConnection,
  roots: readonly string[],
  work: Promise<T>,
): Promise<T> {
  if (!io.tty || globals.json || via !== "socket" || roots.length === 0) return work;
  const label = roots.length === 1 ? roots[0]! : `${roots.length} roots`;
  const over = new AbortController();
  const drawing = draw();
  try {
    return await work;
  } finally {
    over.abort();
    await drawing;
  }

  async function draw(): Promise<void> {
    let meter = NO_METER;
    let drawn = false;
    while (await pause(LOOK_MS, true, { signal: over.signal }).catch(() => false)) {
      const progress = totalProgress((await Promise.all(roots.map(look))).filter((one) => one !== null));
      if (over.signal.aborted || progress === null) continue;
      meter = nextMeter(meter, progress, performance.now());
      io.out(CLEAR + progressLine(label, progress, meter, io.columns()));
      drawn = true;
    }
    if (drawn) io.out(CLEAR);
  }

  /** What cannot be asked is not shown; the work itself will tell. */
  function look(root: string): Promise<TickProgress | null> {
    return control.progress(root).catch(() => null);
  }
}
