import { numberIn } from "./watch-failure.js";

const USUAL_QUEUE = 16_384;
/** Not all that was in the queue comes to be counted: what a folder has to tell that was let go meanwhile is not. */
const SHARE = 4;

/**
 * The kernel keeps what it has to tell, about all watched folders of a process, in one queue. It drops events when that is
 * full, and Node does not say so. It was full at some time when very many events come in one turn of the event loop.
 */
class EventQueue {
  readonly #many = Math.ceil((numberIn("fs/inotify/max_queued_events") ?? USUAL_QUEUE) / SHARE);
  readonly #onFull = new Set<() => void>();
  #inTurn = 0;

  /** `onFull`: something may have been missed anywhere. Returns how to leave. */
  join(onFull: () => void): () => void {
    this.#onFull.add(onFull);
    return () => void this.#onFull.delete(onFull);
  }

  /** One event has come. */
  count(): void {
    if (this.#inTurn++ === 0) setImmediate(() => (this.#inTurn = 0)).unref();
    if (this.#inTurn === this.#many) for (const onFull of this.#onFull) onFull();
  }
}

export const eventQueue = new EventQueue();
