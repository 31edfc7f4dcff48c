import { Worker } from "node:worker_threads";
import { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";
import type { TickProgress } from "../../sync/tick.js";
import { type FromThread, type Method, received, type ThreadData, type ToThread } from "./thread-messages.js";

export interface ThreadOptions extends ThreadData {
  readonly log: Log;
  readonly entry?: URL;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TickProgress) => void) | undefined;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: ((progress: TickProgress) => void) | undefined;
}

/** The sync thread as a caller sees it. Started with the first call; one that died is started anew with the next. */
export class EngineThread {
  /** How often it was started. */
  generation = 0;
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(private readonly options: ThreadOptions) {}

  get isAlive(): boolean {
    return this.worker !== null;
  }

  /** Rejects with what the engine rejects with, or AuraError `internal` when the thread dies. */
  async call<T>(root: number, method: Method, args: readonly unknown[], { signal, onProgress }: CallOptions = {}): Promise<T> {
    const worker = this.started();
    const id = ++this.lastId;
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject, onProgress }));
    const abort = (): void => worker.postMessage({ kind: "abort", id } satisfies ToThread);
    worker.postMessage({ kind: "call", id, root, method, args } satisfies ToThread);
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return (await answer) as T;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async end(): Promise<void> {
    const { worker } = this;
    this.worker = null;
    await worker?.terminate();
    this.fail("the sync thread was ended");
  }

  private started(): Worker {
    if (this.worker !== null) return this.worker;
    const { stateDir, envFile, env, entry, log } = this.options;
    const worker = new Worker(entry ?? new URL("./engine-main.js", import.meta.url), {
      workerData: { stateDir, envFile, env: { ...env } } satisfies ThreadData,
      name: "aura-sync",
    });
    this.generation++;
    this.worker = worker;
    worker.on("message", (message: FromThread) => this.hear(message, log));
    worker.on("error", (error) => {
      log.error({ error: (error as Error).message }, "the sync thread failed; it is started again with the next tick");
      this.lost(worker, `the sync thread failed: ${(error as Error).message}`);
    });
    worker.on("exit", () => this.lost(worker, "the sync thread ended"));
    return worker;
  }

  private hear(message: FromThread, log: Log): void {
    if (message.kind === "log") return log[message.level](message.fields, message.message);
    const waiting = this.waiting.get(message.id);
    if (message.kind === "progress") return waiting?.onProgress?.(message.progress);
    this.waiting.delete(message.id);
    if (message.kind === "done") waiting?.resolve(message.value);
    else waiting?.reject(received(message.error));
  }

  private lost(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = null;
    this.fail(reason);
  }

  private fail(reason: string): void {
    for (const { reject } of this.waiting.values()) reject(new AuraError("internal", reason));
    this.waiting.clear();
  }
}
