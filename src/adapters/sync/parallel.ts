/**
 * Runs `task` for each item, at most `lanes` at once, begun in order. After the first failure none is begun; it rejects with
 * that failure when all that run have ended, so that nothing goes on behind the caller's back.
 */
export async function inParallel<T>(items: Iterable<T>, lanes: number, task: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true && failures.length === 0; next = iterator.next()) {
      try {
        await task(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) throw failures[0];
}

/** Resolves when all have ended; rejects then with the first failure. */
export async function allOf(tasks: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(tasks)) if (result.status === "rejected") throw result.reason;
}

/** Lets what waits for the event loop run: requests under way, messages, an abort. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** `breathe`, when the last time was long ago. */
export class Breath {
  private last = performance.now();

  /** After so many ms of work without a pause. */
  constructor(private readonly everyMs = 10) {}

  async taken(): Promise<void> {
    if (performance.now() - this.last < this.everyMs) return;
    await breathe();
    this.last = performance.now();
  }
}
