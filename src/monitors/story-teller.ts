import { batch, deliveryPause, MOST, QUIET_MS, thin } from "../services/batch.js";
import type { JournalPort } from "../services/ports.js";
import type { Transition } from "../services/snapshot.js";
import type { Log } from "../shared/log.js";

/** Hands transitions of one service to its workflow. Rejects when they may not have arrived. */
export type DeliverTransitions = (service: string, transitions: readonly Transition[]) => Promise<void>;

interface Waiting {
  readonly offset: number;
  readonly transition: Transition;
}

interface Queue {
  waiting: Waiting[];
  busy: boolean;
  recent: number;
  lastAt: number;
  timer: NodeJS.Timeout | undefined;
}

const READER = "services";
const PARALLEL = 4;
const BUSY_MS = 250;
/** A row as long as this is thinned before it is sent, as the sending would: nobody knows when that will be. */
const LONG = 10 * MOST;
const RETRY_MS = [200, 500, 1000, 2000, 5000] as const;

/**
 * Reads the journal and tells every service workflow its transitions: each at least once and in order, the workflow
 * ignores repeats. What cannot be delivered stays in the journal, through a kill of aurad too.
 */
export class StoryTeller {
  static readonly reader = READER;
  private readonly queues = new Map<string, Queue>();
  private readonly undelivered = new Set<number>();
  private read: number;
  private running = 0;
  private failures = 0;
  private readonly ready: string[] = [];
  private paused = true;
  private retry: NodeJS.Timeout | undefined;
  private idle: (() => void)[] = [];

  /** `busy`: many services are on their way; what waits for no decision is told when they are there. */
  constructor(
    private readonly journal: JournalPort,
    private readonly deliver: DeliverTransitions,
    private readonly log: Log,
    private readonly busy: () => boolean = () => false,
  ) {
    this.read = journal.cursor(READER);
  }

  /** Begins, or goes on after `pause`. */
  resume(): void {
    this.paused = false;
    this.failures = 0;
    this.notice();
    this.pump();
  }

  pause(): void {
    this.paused = true;
    clearTimeout(this.retry);
    this.retry = undefined;
  }

  /** To be called after appends. */
  notice(): void {
    for (const { offset, record } of this.journal.read(this.read)) {
      this.read = offset;
      this.undelivered.add(offset);
      const { service } = record.transition;
      const queue = this.queues.get(service) ?? { waiting: [], busy: false, recent: 0, lastAt: -Infinity, timer: undefined };
      this.queues.set(service, queue);
      queue.waiting.push({ offset, transition: record.transition });
      if (queue.waiting.length >= LONG && !queue.busy) this.shorten(queue);
      this.schedule(service, queue);
    }
    this.pump();
  }

  /** Resolves when everything is delivered, or after ms. Skips the pauses between batches. */
  async settled(ms: number): Promise<boolean> {
    for (const [service, queue] of this.queues) {
      if (queue.timer === undefined) continue;
      clearTimeout(queue.timer);
      queue.timer = undefined;
      this.ready.push(service);
    }
    this.pump();
    if (this.undelivered.size === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    const done = new Promise<boolean>((resolve) => this.idle.push(() => resolve(true)));
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    return Promise.race([done, late]).finally(() => clearTimeout(timer));
  }

  /** What is folded away is accounted for by the head of the row, which is undelivered too and older. */
  private shorten(queue: Queue): void {
    const kept = [...thin(queue.waiting)];
    const offsets = new Set(kept.map(({ offset }) => offset));
    for (const { offset } of queue.waiting) if (!offsets.has(offset)) this.undelivered.delete(offset);
    queue.waiting = kept;
  }

  private schedule(service: string, queue: Queue): void {
    if (queue.busy || queue.timer !== undefined || this.ready.includes(service)) return;
    const since = performance.now() - queue.lastAt;
    if (since > QUIET_MS) queue.recent = 0;
    // A few milliseconds gather the transitions of one event: an exit and the restart that follows it.
    const wait = Math.max(15, deliveryPause(queue.recent) - since);
    queue.timer = setTimeout(() => {
      queue.timer = undefined;
      this.ready.push(service);
      this.pump();
    }, wait);
  }

  private pump(): void {
    if (this.ready.length > 0 && !this.paused && this.retry === undefined && this.busy()) {
      this.retry = setTimeout(() => {
        this.retry = undefined;
        this.pump();
      }, BUSY_MS);
    }
    while (!this.paused && this.retry === undefined && this.running < PARALLEL && this.ready.length > 0) {
      const service = this.ready.shift()!;
      const queue = this.queues.get(service);
      if (queue === undefined || queue.busy || queue.waiting.length === 0) continue;
      void this.send(service, queue);
    }
  }

  private async send(service: string, queue: Queue): Promise<void> {
    queue.busy = true;
    this.running += 1;
    const sent = [...queue.waiting];
    try {
      await this.deliver(service, batch(sent.map(({ transition }) => transition)));
      this.failures = 0;
      queue.waiting.splice(0, sent.length);
      queue.recent = performance.now() - queue.lastAt > QUIET_MS ? 0 : queue.recent + 1;
      queue.lastAt = performance.now();
      this.commit(sent.map(({ offset }) => offset));
    } catch (error) {
      this.failed(service, error);
    }
    queue.busy = false;
    this.running -= 1;
    if (queue.waiting.length > 0) this.schedule(service, queue);
    this.pump();
  }

  private failed(service: string, error: unknown): void {
    if (this.failures === 0)
      this.log.warn(
        { service, error: error instanceof Error ? error.message : String(error) },
        "cannot deliver transitions to Temporal; they wait in the journal",
      );
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]!;
    this.failures += 1;
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      this.pump();
    }, wait);
  }

  private commit(offsets: readonly number[]): void {
    for (const offset of offsets) this.undelivered.delete(offset);
    const first = this.undelivered.values().next();
    this.journal.commit(READER, first.done === true ? this.read : first.value - 1);
    if (this.undelivered.size > 0) return;
    for (const resolve of this.idle.splice(0)) resolve();
  }
}
