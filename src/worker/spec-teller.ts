import { asAuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";
import type { SpecOutline } from "../services/spec.js";

const RETRY_MS = [500, 1000, 2000, 5000] as const;

/** Takes changed specs over at once and tells the host workflow; while Temporal is away, again until it is told. */
export class SpecTeller {
  private changes = 0;
  private running = false;
  private retry: { timer: NodeJS.Timeout; resolve: () => void } | undefined;
  private stopped = false;

  constructor(
    private readonly load: () => Promise<{ readonly outlines: readonly SpecOutline[] }>,
    private readonly tell: (outlines: readonly SpecOutline[]) => Promise<void>,
    private readonly log: Log,
  ) {}

  /** To be called after every change of the directory. Never rejects. */
  async changed(): Promise<void> {
    this.changes += 1;
    this.wake();
    if (this.running) return;
    this.running = true;
    for (let failures = 0, told = 0; told < this.changes && !this.stopped;) {
      const now = this.changes;
      try {
        const { outlines } = await this.load();
        await this.tell(outlines);
        told = now;
        failures = 0;
      } catch (error) {
        if (failures === 0)
          this.log.warn({ error: asAuraError(error).message }, "cannot tell the host workflow about changed specs; trying again");
        await this.pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!);
        failures += 1;
      }
    }
    this.running = false;
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.stopped) return resolve();
      this.retry = { resolve, timer: setTimeout(() => this.wake(), ms) };
    });
  }

  private wake(): void {
    clearTimeout(this.retry?.timer);
    this.retry?.resolve();
    this.retry = undefined;
  }
}
