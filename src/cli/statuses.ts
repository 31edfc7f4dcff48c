import type { StatusDocument } from "../services/control.js";
import type { Connection } from "./connect.js";

/** Over Temporal there are no events: asked this often. */
const POLL_MS = 250;
/** With events: asked again at the latest after this, should one have been lost. */
const BACKSTOP_MS = 1000;
/** Events come in waves; one answer for each wave is enough. */
const SETTLE_MS = 30;

/**
 * The state now, then again after every change (and now and then without one), until the signal aborts.
 * Whatever changes after the first state was read is seen: events are listened to before it is read.
 */
export async function* statuses(connection: Connection, signal: AbortSignal): AsyncGenerator<StatusDocument> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const bell = new Bell();
  const end = (): void => bell.ring();
  either.addEventListener("abort", end);
  try {
    const listens = connection.events !== null && (await listen(connection.events, either, bell));
    while (!signal.aborted) {
      bell.clear();
      yield await connection.control.status();
      if (listens) await bell.wait(BACKSTOP_MS, SETTLE_MS);
      else await bell.wait(POLL_MS, POLL_MS);
    }
  } finally {
    stop.abort();
    either.removeEventListener("abort", end);
  }
}

/** Resolves true once events flow, false when they cannot be had. */
function listen(events: NonNullable<Connection["events"]>, signal: AbortSignal, bell: Bell): Promise<boolean> {
  return new Promise((resolve) => {
    const read = async (): Promise<void> => {
      for await (const _event of events(signal, () => resolve(true))) bell.ring();
    };
    // A stream that breaks is no failure of its own: the next status will tell, or the backstop reads on.
    read().then(
      () => resolve(false),
      () => resolve(false),
    );
  });
}

/** Something one waits for that may have happened already. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  clear(): void {
    this.#rung = false;
  }

  /** Resolves `settleMs` after a ring, or after `maxMs` without one. */
  async wait(maxMs: number, settleMs: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, maxMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    if (this.#rung) await new Promise((resolve) => setTimeout(resolve, Math.min(settleMs, maxMs)));
  }
}
