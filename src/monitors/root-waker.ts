import type { Log } from "../shared/log.js";
import { mergeWakes, type Wake } from "../sync/schedule.js";

/** Tells the root's workflow; null: only that the root is here. Rejects when it may not have arrived. */
export type DeliverWake = (wake: Wake | null) => Promise<void>;

const RETRY_MS = [100, 200, 500, 1000, 2000, 5000] as const;
/** A tick that was called for begins within this time, or the workflow is called again. */
const PATIENCE_MS = 10_000;

/**
 * Calls for ticks of one root. Whatever happens while nobody can be told, or while a tick runs, is one call afterwards: a
 * thousand changes behind an unreachable server are one signal when it is back, and a long tick fills no history.
 */
export class RootWaker {
  private pending: Wake | null = null;
  /** Before the first announcement there is nobody to be told. */
  private isOpen = false;
  private isAnnounced = true;
  /** A tick was called for and has not begun. */
  private called: NodeJS.Timeout | undefined;
  private ticking = false;
  private sending = false;
  private failures = 0;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly deliver: DeliverWake,
    private readonly log: Log,
  ) {}

  /** The workflow is to be told, once more, that the root is here and how it is run. */
  announce(): void {
    this.isOpen = true;
    this.isAnnounced = false;
    clearTimeout(this.retry);
    this.retry = undefined;
    void this.send();
  }

  wake(wake: Wake): void {
    this.pending = mergeWakes(this.pending, wake);
    void this.send();
  }

  tickBegan(): void {
    this.ticking = true;
    clearTimeout(this.called);
    this.called = undefined;
  }

  tickEnded(): void {
    this.ticking = false;
    void this.send();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    clearTimeout(this.called);
  }

  private get isHeld(): boolean {
    return this.ticking || this.called !== undefined;
  }

  private async send(): Promise<void> {
    if (!this.isOpen || this.sending || this.retry !== undefined) return;
    this.sending = true;
    while (!this.closed && this.retry === undefined && (!this.isAnnounced || (this.pending !== null && !this.isHeld))) {
      const wake = this.isHeld ? null : this.pending;
      if (wake !== null) this.pending = null;
      this.isAnnounced = true;
      await this.sendOne(wake);
    }
    this.sending = false;
  }

  private async sendOne(wake: Wake | null): Promise<void> {
    // From now on: the tick may begin before the news that the call has arrived.
    if (wake !== null) this.expectTick();
    try {
      await this.deliver(wake);
      this.failures = 0;
    } catch (error) {
      this.isAnnounced = false;
      clearTimeout(this.called);
      this.called = undefined;
      if (wake !== null) this.pending = this.pending === null ? wake : mergeWakes(wake, this.pending);
      if (this.failures === 0) this.log.warn({ error: textOf(error) }, "cannot tell the root's workflow of changes; trying again");
      this.retry = setTimeout(
        () => {
          this.retry = undefined;
          void this.send();
        },
        RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)],
      );
      this.failures += 1;
    }
  }

  private expectTick(): void {
    this.called = setTimeout(() => {
      this.called = undefined;
      void this.send();
    }, PATIENCE_MS);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
