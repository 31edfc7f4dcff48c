/** ETags by device; the size where a server gives none. */
export type Heads = Readonly<Record<string, string>>;

export interface Pace {
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface Poll {
  /** What the last poll found; null before the first. */
  readonly seen: Heads | null;
  /** Until the next one. */
  readonly delayMs: number;
}

export interface PollStep {
  readonly poll: Poll;
  /** Devices whose heads call for a tick. */
  readonly news: readonly string[];
}

export function initialPoll({ baseMs }: Pace): Poll {
  return { seen: null, delayMs: baseMs };
}

/**
 * After a LIST. What ticks have read already (`known`) is no news. The first poll is silent where nothing is known: the
 * tick at the start has read the heads. Each poll without a change doubles the pause up to the longest; any change takes it
 * back to the base. A LIST that failed is no step at all: the caller waits `delayMs` again.
 */
export function nextPoll(poll: Poll, found: Heads, known: Heads, { baseMs, maxMs }: Pace): PollStep {
  const before = poll.seen ?? (Object.keys(known).length > 0 ? ofDevices(known, found) : found);
  const changed = changedDevices(before, found);
  const news = changed.filter((device) => !Object.hasOwn(found, device) || found[device] !== headOf(known, device));
  const isFirst = poll.seen === null;
  const delayMs = isFirst || changed.length > 0 ? baseMs : Math.min(poll.delayMs * 2, maxMs);
  return { poll: { seen: found, delayMs: Math.max(delayMs, baseMs) }, news };
}

/** Devices whose heads the ticks have not read as they are now. */
export function unread(found: Heads, known: Heads): string[] {
  return changedDevices(ofDevices(known, found), found);
}

function ofDevices(heads: Heads, those: Heads): Heads {
  return Object.fromEntries(Object.entries(heads).filter(([device]) => Object.hasOwn(those, device)));
}

/** Devices whose head is new, another one or gone. */
function changedDevices(before: Heads, after: Heads): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((device) => headOf(before, device) !== headOf(after, device));
}

/** A device may be called "constructor". */
function headOf(heads: Heads, device: string): string | undefined {
  return Object.hasOwn(heads, device) ? heads[device] : undefined;
}
