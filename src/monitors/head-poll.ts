import type { Log } from "../shared/log.js";
import { type Heads, initialPoll, nextPoll, type Pace, type Poll, unread } from "../sync/head-poll.js";
import type { Wake } from "../sync/schedule.js";

/** Lists the heads of one root: one LIST. Rejects when the bucket cannot be read. */
export type ListHeads = (signal: AbortSignal) => Promise<Heads>;

/** A root that wants to know when the head of another device moves. */
export interface HeadReader {
  /** Its own head is no news. */
  readonly deviceId: string;
  /** Heads that its ticks have read. Never rejects. */
  known(): Heads | Promise<Heads>;
  /** Whether nobody answered its last tick. */
  isOffline(): boolean;
  wake(wake: Wake): void;
}

interface Subscription {
  readonly reader: HeadReader;
  poll: Poll;
  /** Its first tick is still to come, or one runs: it may be reading the very heads that are news. */
  busy: boolean;
  /** News came meanwhile. */
  parked: boolean;
}

interface Line {
  readonly list: ListHeads;
  readonly subscriptions: Set<Subscription>;
  readonly closing: AbortController;
  found: Heads;
  timer: NodeJS.Timeout | undefined;
  delayMs: number;
  failing: boolean;
}

/** What a root holds of its subscription. */
export interface PolledRoot {
  tickBegan(): void;
  tickEnded(): void;
  close(): void;
}

/** Looks at the buckets for heads that moved: one LIST for all roots of one bucket and prefix, seldom where nothing happens. */
export class HeadPoll {
  private readonly lines = new Map<string, Line>();

  constructor(
    private pace: Pace,
    private readonly log: Log,
  ) {}

  /** From now on, at this pace, beginning with its base. */
  setPace(pace: Pace): void {
    this.pace = pace;
    for (const [key, line] of this.lines) {
      for (const subscription of line.subscriptions) subscription.poll = { ...subscription.poll, delayMs: pace.baseMs };
      line.delayMs = pace.baseMs;
      if (line.timer !== undefined) this.plan(key, line);
    }
  }

  /** `key`: bucket and prefix; roots that share it share the LIST. The first poll is at once. */
  subscribe(key: string, list: ListHeads, reader: HeadReader): PolledRoot {
    const line = this.lines.get(key) ?? this.open(key, list);
    const subscription: Subscription = { reader, poll: initialPoll(this.pace), busy: true, parked: false };
    line.subscriptions.add(subscription);
    return {
      tickBegan: () => void (subscription.busy = true),
      tickEnded: () => void this.tickEnded(line, subscription),
      close: () => {
        line.subscriptions.delete(subscription);
        if (line.subscriptions.size === 0) this.end(key, line);
      },
    };
  }

  close(): void {
    for (const [key, line] of this.lines) this.end(key, line);
  }

  private open(key: string, list: ListHeads): Line {
    const { baseMs } = this.pace;
    const closing = new AbortController();
    const line: Line = { list, subscriptions: new Set(), closing, found: {}, timer: undefined, delayMs: baseMs, failing: false };
    this.lines.set(key, line);
    this.plan(key, line, 0);
    return line;
  }

  private plan(key: string, line: Line, delayMs = line.delayMs): void {
    clearTimeout(line.timer);
    line.timer = setTimeout(() => {
      line.timer = undefined;
      void this.look(key, line);
    }, delayMs);
  }

  private end(key: string, line: Line): void {
    this.lines.delete(key);
    clearTimeout(line.timer);
    line.closing.abort();
  }

  private async look(key: string, line: Line): Promise<void> {
    try {
      line.found = await line.list(line.closing.signal);
      if (line.failing) this.log.info({ heads: key }, "the heads can be listed again");
      const pauses = await Promise.all([...line.subscriptions].map((one) => this.found(one, line.found)));
      line.delayMs = Math.min(...pauses);
      line.failing = false;
    } catch (error) {
      if (line.closing.signal.aborted) return;
      // Said once, not at every poll of a long night: nothing else changes.
      const fields = { heads: key, error: error instanceof Error ? error.message : String(error) };
      this.log[line.failing ? "debug" : "warn"](fields, "the heads cannot be listed; trying again");
      line.failing = true;
    }
    if (!line.closing.signal.aborted) this.plan(key, line);
  }

  /** Resolves to the pause that this root would make. */
  private async found(subscription: Subscription, all: Heads): Promise<number> {
    const { reader } = subscription;
    const known = others(await reader.known(), reader);
    const { poll, news } = nextPoll(subscription.poll, others(all, reader), known, this.pace);
    subscription.poll = poll;
    if (subscription.busy) subscription.parked ||= news.length > 0;
    // The bucket answers again: what was changed here meanwhile waits too.
    else if (reader.isOffline()) reader.wake({ trigger: "head-poll" });
    else if (news.length > 0) reader.wake({ trigger: "head-poll", folders: [] });
    return poll.delayMs;
  }

  private async tickEnded(line: Line, subscription: Subscription): Promise<void> {
    subscription.busy = false;
    if (!subscription.parked) return;
    subscription.parked = false;
    const { reader } = subscription;
    const known = others(await reader.known(), reader);
    if (unread(others(line.found, reader), known).length > 0) reader.wake({ trigger: "head-poll", folders: [] });
  }
}

function others(heads: Heads, { deviceId }: HeadReader): Heads {
  const { [deviceId]: _, ...rest } = heads;
  return rest;
}
