import { setMaxListeners } from "node:events";
import { StoreError } from "../../sync/ports.js";

export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Lets go of the outer signals, which may live much longer. */
  unlink(): void;
}

/** Aborts when any of the outer signals does, or when told. */
export function linkedAbort(...outer: readonly (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController();
  const abort = (reason?: unknown): void => controller.abort(reason);
  const unlinks = outer.map((signal) => onAbort(signal, () => abort()));
  return { signal: controller.signal, abort, unlink: () => unlinks.forEach((unlink) => unlink()) };
}

/** Calls back once when the signal aborts, at once when it has. Returns what takes that back. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) act();
  // One signal may end hundreds of requests; Node warns from ten on.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}

export function abortedError(): StoreError {
  return new StoreError("aborted", "the request was cancelled");
}

/** Throws StoreError `aborted` when one of them is. */
export function throwIfAborted(...signals: readonly (AbortSignal | undefined)[]): void {
  if (signals.some((signal) => signal?.aborted)) throw abortedError();
}

/** Resolves after `ms`, which may be infinite; rejects with StoreError `aborted` at once when the signal aborts. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortedError());
    const forget = onAbort(signal, () => {
      clearTimeout(timer);
      reject(abortedError());
    });
    const done = (): void => {
      forget();
      resolve();
    };
    const timer = Number.isFinite(ms) ? setTimeout(done, ms) : undefined;
  });
}
