import { ApplicationFailure, condition, proxyActivities } from "@temporalio/workflow";
import type { EpochActivities } from "./activities.js";
import { nextTask } from "./epoch-errands.js";
import type { EpochEvents } from "./epoch-events.js";

/*
 * No local activity, though it would cost one event instead of six: with them, under load, tasks were carried out in another
 * order than their replay (seen with SDK 1.24), and such a task fails for ever. Where the server hands activities out eagerly,
 * as ours does, it runs in the aurad that ran the task.
 */
const { recordAudit } = proxyActivities<EpochActivities>({
  startToCloseTimeout: "5s",
  retry: { maximumAttempts: 1 },
  summary: "audit events",
});

/** How long events gather for one delivery. Whoever reads the trail meanwhile is told what the workflow still holds, too. */
const GATHER = "10s";
const BACKOFF_MS = [1000, 5000, 30_000, 300_000] as const;
/** So often an epoch that ended tries to deliver the rest: half an hour. */
const TRIES_AT_THE_END = 9;

export interface Deliverer {
  readonly epochId: string;
  readonly events: EpochEvents;
  /** The epoch has ended: everything is delivered, then it is over. */
  ended(): boolean;
  /** The run ends here; the next one goes on. */
  leaving(): boolean;
}

/**
 * Delivers an epoch's events to the audit trail of the aurad that runs this task, in order. Each trail says what it wants next,
 * so that one that begins empty, or another host's, catches up. A trail that fails is tried again, and holds nothing up.
 *
 * Only what an earlier task made is delivered: a task whose aurad is killed is done anew, at another time and with other
 * messages, and a trail must not hold what never came to be.
 */
export async function deliverEvents({ epochId, events, ended, leaving }: Deliverer): Promise<void> {
  /** Up to this one they are in the history. */
  let certain = events.carried;
  for (let failures = 0; ;) {
    await condition(() => !events.isDelivered || ended() || leaving());
    if (leaving() || events.isDelivered) return;
    if (certain < events.delivered) {
      const made = events.last;
      const isHurried = await condition(() => ended() || leaving(), GATHER);
      if (leaving()) return;
      if (isHurried) await nextTask();
      certain = made;
    }
    const tried = events.last;
    const problem = await deliver(epochId, events, certain);
    if (problem === null) {
      failures = 0;
      continue;
    }
    failures += 1;
    if (ended() && (problem === "conflict" || failures >= TRIES_AT_THE_END)) return;
    // A trail that holds another epoch of this name keeps saying so: no use to ask it again before there is news.
    if (problem === "conflict") await condition(() => events.last > tried || ended() || leaving());
    else await condition(leaving, BACKOFF_MS[Math.min(failures - 1, BACKOFF_MS.length - 1)]!);
  }
}

async function deliver(epochId: string, events: EpochEvents, upTo: number): Promise<"conflict" | "failed" | null> {
  const batch = events.next(upTo);
  const from = batch[0]?.seq ?? events.delivered;
  try {
    return events.wants(await recordAudit(epochId, batch), from) ? null : "failed";
  } catch (error) {
    return isConflict(error) ? "conflict" : "failed";
  }
}

function isConflict(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && at.type === "audit_conflict") return true;
  }
  return false;
}
