import type { StoreError } from "../../sync/ports.js";
import { throwIfAborted, wait } from "./abort.js";

/**
 * How a failed request is tried again. `never`: it would fail alike. `cut`: the connection broke or the body came damaged;
 * `silent`: nobody answered; `busy`: the server has asked for patience;
 * `clock`: it was signed by a clock that has been corrected since.
 */
export type RetryClass = "never" | "cut" | "silent" | "busy" | "clock";

/** What a failure is. */
export interface Verdict {
  readonly error: StoreError;
  readonly retry: RetryClass;
  /** As the server asked, ms. */
  readonly afterMs?: number;
  /** The server may have done it all the same. */
  readonly maybeDone: boolean;
}

export interface RetryTiming {
  /** Requests in all, by class. */
  readonly attempts: Readonly<Record<RetryClass, number>>;
  /** The first pause; it doubles, up to `maxMs`, and is cut at random. */
  readonly firstMs: number;
  readonly maxMs: number;
}

export const RETRY_TIMING: RetryTiming = {
  attempts: { never: 1, cut: 5, silent: 2, busy: 6, clock: 3 },
  firstMs: 100,
  maxMs: 10_000,
};

/** Retries that may be made while nothing succeeds, over all requests of a store: a server that is down is not stormed. */
export class RetryBudget {
  private left: number;

  constructor(private readonly size = 60) {
    this.left = size;
  }

  take(): boolean {
    return this.left > 0 && this.left-- > 0;
  }

  giveBack(): void {
    this.left = this.size;
  }
}

export interface RetryOptions {
  readonly judge: (error: unknown) => Verdict;
  readonly budget: RetryBudget;
  readonly timing: RetryTiming;
  readonly signal?: AbortSignal | undefined;
  readonly random?: () => number;
  readonly onRetry?: (verdict: Verdict, attempt: number, delayMs: number) => void;
  /** After the pause: a rejection is the end. */
  readonly beforeRetry?: (verdict: Verdict) => Promise<void>;
}

/** Rejects with the StoreError of the last attempt. `maybeDone` tells an attempt that an earlier one may have been carried out. */
export async function withRetries<T>(attempt: (maybeDone: boolean) => Promise<T>, options: RetryOptions): Promise<T> {
  const { judge, budget, timing, signal, random = Math.random } = options;
  let maybeDone = false;
  for (let tries = 1; ; tries++) {
    throwIfAborted(signal);
    try {
      const result = await attempt(maybeDone);
      budget.giveBack();
      return result;
    } catch (error) {
      const verdict = judge(error);
      maybeDone ||= verdict.maybeDone;
      if (tries >= timing.attempts[verdict.retry] || !budget.take()) throw verdict.error;
      const delayMs = verdict.retry === "clock" ? 0 : pauseOf(tries, timing, random, verdict.afterMs);
      options.onRetry?.(verdict, tries, delayMs);
      await wait(delayMs, signal);
      await options.beforeRetry?.(verdict);
    }
  }
}

/** Between half and the whole of the doubled pause; never less than the server asked for, within reason. */
function pauseOf(tries: number, timing: RetryTiming, random: () => number, askedMs = 0): number {
  const full = Math.min(timing.maxMs, timing.firstMs * 2 ** (tries - 1));
  return Math.max(Math.min(askedMs, timing.maxMs), full * (0.5 + random() / 2));
}
