import type { RootLimits } from "../../sync/root.js";
import { abortedError, onAbort, throwIfAborted, wait } from "./abort.js";

/** Limits of all roots of one aurad together. */
export interface Throttle {
  readonly upload: Bandwidth;
  readonly download: Bandwidth;
  readonly transfers: Transfers;
}

export function createThrottle(limits: Pick<RootLimits, "uploadLimit" | "downloadLimit" | "maxTransfers">): Throttle {
  return {
    upload: new Bandwidth(limits.uploadLimit),
    download: new Bandwidth(limits.downloadLimit),
    transfers: new Transfers(limits.maxTransfers),
  };
}

/** What may be sent at once after a pause, in ms of the rate. */
const BURST_MS = 200;

/** A token bucket, kept as the time at which the next byte is due, so that takers are served in the order in which they come. */
export class Bandwidth {
  /** Bytes to take at a time for an even flow. */
  readonly piece: number;
  private due = -Infinity;

  /** `rate`: bytes a second; null or 0: no limit. `now`: ms of a clock that never goes back. */
  constructor(
    private readonly rate: number | null,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.piece = this.limited ? Math.min(256 * 1024, Math.max(1024, Math.ceil(rate! / 20))) : Infinity;
  }

  get limited(): boolean {
    return this.rate !== null && this.rate > 0;
  }

  /** Resolves when `bytes` more may flow. Rejects with StoreError `aborted`. */
  take(bytes: number, signal?: AbortSignal): Promise<void> | undefined {
    if (!this.limited) return undefined;
    const now = this.now();
    const start = Math.max(now - BURST_MS, this.due);
    this.due = start + (bytes / this.rate!) * 1000;
    return this.due <= now ? undefined : wait(this.due - now, signal);
  }
}

/** Lets so many transfers run at once; the others wait in a row. */
export class Transfers {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(readonly max: number) {}

  async run<T>(signal: AbortSignal | undefined, transfer: () => Promise<T>): Promise<T> {
    const end = await this.begin(signal);
    try {
      return await transfer();
    } finally {
      end();
    }
  }

  /** Resolves when there is room, with what ends the transfer. */
  async begin(signal?: AbortSignal): Promise<() => void> {
    throwIfAborted(signal);
    if (this.running >= this.max) await this.turn(signal);
    else this.running++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      // Its place goes straight to the next one.
      const next = this.waiting.shift();
      if (next === undefined) this.running--;
      else next();
    };
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onTurn = (): void => {
        forget();
        resolve();
      };
      const forget = onAbort(signal, () => {
        this.waiting.splice(this.waiting.indexOf(onTurn), 1);
        reject(abortedError());
      });
      this.waiting.push(onTurn);
    });
  }
}
