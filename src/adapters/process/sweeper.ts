import { findMembers, type Member, type RunKey } from "./tree.js";

interface Request {
  readonly run: RunKey;
  readonly dueAt: number;
  readonly resolve: (members: Member[]) => void;
}

/** Requests this close to one another share a pass. */
const TOGETHER_MS = 5;

/**
 * Answers "what is left of this run?" for many runs with one pass over the process table:
 * stopping 500 services costs a few passes, not 500.
 */
export class Sweeper {
  private waiting: Request[] = [];
  private timer: NodeJS.Timeout | undefined;
  private firesAt = Infinity;

  /** The live processes of the run, looked up after delayMs together with other requests due then. */
  members(run: RunKey, delayMs: number): Promise<Member[]> {
    return new Promise((resolve) => {
      this.waiting.push({ run, dueAt: performance.now() + delayMs, resolve });
      this.schedule();
    });
  }

  private schedule(): void {
    const dueAt = Math.min(...this.waiting.map((request) => request.dueAt));
    if (dueAt >= this.firesAt) return;
    clearTimeout(this.timer);
    this.firesAt = dueAt;
    if (dueAt < Infinity) this.timer = setTimeout(() => this.sweep(), dueAt - performance.now());
  }

  private sweep(): void {
    const now = performance.now() + TOGETHER_MS;
    const batch = this.waiting.filter(({ dueAt }) => dueAt <= now);
    this.waiting = this.waiting.filter(({ dueAt }) => dueAt > now);
    this.firesAt = Infinity;
    const found = findMembers(batch.map(({ run }) => run));
    for (const { run, resolve } of batch) resolve(found.get(run) ?? []);
    this.schedule();
  }
}
