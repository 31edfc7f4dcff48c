import { deliveryPause, QUIET_MS } from "../services/batch.js";
import type { Snapshot } from "../services/snapshot.js";
import type { Log } from "../shared/log.js";

/** Hands the latest snapshots to the host workflow. Rejects when they may not have arrived. */
export type DeliverSnapshots = (snapshots: readonly Snapshot[]) => Promise<void>;

const MOST = 500;
/** When this many change at once, they come in fewer, larger signals. */
const CROWD = 10;
const CROWD_MS = 50;
/** A change that no decision waits for (a new pid) is told within this time, later still in a crash loop. */
const LAZY_MS = { first: 1000, most: 30_000 } as const;
const RETRY_MS = [100, 200, 500, 1000, 2000, 5000] as const;

/** How often a service has been reported of late. */
interface Pace {
  recent: number;
  lastAt: number;
  orderSeq: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Tells the host workflow what it decides by: state, readiness, health. The last snapshot of a service wins, so that a
 * thousand changes behind an unreachable server are one signal when it is back. A service whose decisive fields are what
 * the workflow knows already is reported lazily; a quiet one not at all; one that keeps coming and going now and then,
 * unless it ended for good or an order was carried out.
 */
export class HostReporter {
  /** What is true; whatever is sent is taken from here, so that nothing outdated ever is. */
  private readonly latest = new Map<string, Snapshot>();
  /** What the workflow knows. */
  private readonly told = new Map<string, string>();
  private readonly waiting = new Set<string>();
  /** Of those waiting, the ones to be told even if nothing decisive changed. */
  private readonly forced = new Set<string>();
  private readonly lazy = new Set<string>();
  private readonly paces = new Map<string, Pace>();
  private lazyMs: number = LAZY_MS.first;
  private flushedAt = 0;
  private lazyTimer: NodeJS.Timeout | undefined;
  private sending = false;
  private gatherMs = 0;
  private failures = 0;
  private paused = true;

  constructor(
    private readonly deliver: DeliverSnapshots,
    private readonly log: Log,
  ) {}

  /** Everything known has just been told with the attach signal; from here on changes are. */
  attached(snapshots: readonly Snapshot[]): void {
    for (const snapshot of snapshots) {
      const { name } = snapshot;
      this.told.set(name, decisive(snapshot));
      // What changed while the attach signal was on its way is told next.
      if (this.latest.get(name) === snapshot) for (const names of [this.waiting, this.forced, this.lazy]) names.delete(name);
    }
    this.paused = false;
    this.planFlush();
    void this.send();
  }

  pause(): void {
    this.paused = true;
    clearTimeout(this.lazyTimer);
    this.lazyTimer = undefined;
    for (const [name, pace] of this.paces) if (pace.timer !== undefined) this.release(name, pace);
  }

  changed(snapshot: Snapshot): void {
    const { name } = snapshot;
    this.latest.set(name, snapshot);
    // The workflow itself decided these; a lease restart has reported its backoff.
    if (snapshot.state === "pending" || snapshot.state === "starting") return;
    if (this.told.get(name) === decisive(snapshot) && !this.waiting.has(name)) {
      if (this.paces.get(name)?.timer === undefined) this.putOff(name);
      return;
    }
    this.lazy.delete(name);
    if (this.comesAndGoes(snapshot)) return;
    this.waiting.add(name);
    // Gathers what one event brings about: an exit and the restart that follows within a few milliseconds.
    if (!this.sending) setTimeout(() => void this.send(), snapshot.ready || snapshot.finished ? this.gatherMs : 10);
  }

  /** True when this change is held back: what is true after a pause follows. */
  private comesAndGoes({ name, finished, orderSeq }: Snapshot): boolean {
    const pace = this.paces.get(name) ?? { recent: 0, lastAt: -Infinity, orderSeq, timer: undefined };
    this.paces.set(name, pace);
    const since = performance.now() - pace.lastAt;
    if (pace.orderSeq !== orderSeq || since > QUIET_MS) pace.recent = 0;
    pace.orderSeq = orderSeq;
    const pause = finished ? 0 : deliveryPause(pace.recent) - since;
    if (pause > 0) {
      pace.timer ??= setTimeout(() => this.release(name, pace), pause);
      return true;
    }
    clearTimeout(pace.timer);
    pace.timer = undefined;
    return false;
  }

  private release(name: string, pace: Pace): void {
    clearTimeout(pace.timer);
    pace.timer = undefined;
    this.waiting.add(name);
    void this.send();
  }

  private putOff(name: string): void {
    this.lazy.add(name);
    this.planFlush();
  }

  private planFlush(): void {
    if (this.lazy.size > 0 && !this.paused) this.lazyTimer ??= setTimeout(() => this.flushLazy(), this.lazyMs);
  }

  private flushLazy(): void {
    this.lazyTimer = undefined;
    const now = performance.now();
    this.lazyMs = now - this.flushedAt > 60_000 ? LAZY_MS.first : Math.min(this.lazyMs * 2, LAZY_MS.most);
    this.flushedAt = now;
    for (const name of this.lazy) {
      this.waiting.add(name);
      this.forced.add(name);
    }
    this.lazy.clear();
    void this.send();
  }

  private async send(): Promise<void> {
    if (this.sending || this.paused) return;
    this.sending = true;
    while (!this.paused && this.waiting.size > 0) {
      for (const name of this.waiting) {
        // Gone back to what the workflow knows before anything was sent.
        if (this.forced.has(name) || this.told.get(name) !== decisive(this.latest.get(name)!)) continue;
        this.waiting.delete(name);
        this.putOff(name);
      }
      if (this.waiting.size === 0) break;
      const some = [...this.waiting].slice(0, MOST).map((name) => this.latest.get(name)!);
      await this.sendSome(some);
      this.gatherMs = some.length > CROWD ? CROWD_MS : 0;
      if (this.gatherMs > 0) await new Promise((resolve) => setTimeout(resolve, this.gatherMs));
    }
    this.sending = false;
  }

  private async sendSome(snapshots: readonly Snapshot[]): Promise<void> {
    try {
      await this.deliver(snapshots);
      this.failures = 0;
      for (const snapshot of snapshots) this.arrived(snapshot);
    } catch (error) {
      // They may have arrived all the same, out of turn: only what is true then puts that right.
      for (const { name } of snapshots) {
        this.waiting.add(name);
        this.forced.add(name);
      }
      if (this.failures === 0)
        this.log.warn(
          { error: error instanceof Error ? error.message : String(error) },
          "cannot report to the host workflow; trying again",
        );
      const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)]!;
      this.failures += 1;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  private arrived(snapshot: Snapshot): void {
    const { name } = snapshot;
    this.told.set(name, decisive(snapshot));
    this.forced.delete(name);
    const pace = this.paces.get(name);
    if (pace !== undefined) Object.assign(pace, { recent: pace.recent + 1, lastAt: performance.now() });
    // An attach signal may have overtaken this one: what is true now is compared again, at once or after the pause.
    if (this.latest.get(name) === snapshot || pace?.timer !== undefined) this.waiting.delete(name);
    else this.waiting.add(name);
  }
}

/** What the host workflow decides by. */
function decisive(snapshot: Snapshot): string {
  const { state, ready, finished, health, orderSeq, specHash } = snapshot;
  // `starting` and `backoff` mean the same to it: on its way, not ready.
  return [state === "starting" ? "backoff" : state, ready, finished, health, orderSeq, specHash].join(" ");
}
