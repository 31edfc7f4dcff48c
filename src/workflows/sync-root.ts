import {
  ActivityFailure,
  type ActivityOptions,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  rootCause,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { TickRecord } from "../sync/control.js";
import type { SyncRootActivities } from "./activities.js";
import { SEARCH_STATUS } from "./names.js";
import { onSignal } from "./raw-signal.js";
import { type Ordered, RootDesk } from "./root-desk.js";
import { checkAttach, checkGc, checkRestore, checkSync, checkWake } from "./root-input.js";
import {
  gcUpdate,
  manifestsUpdate,
  restoreUpdate,
  type RootInput,
  rootAttachSignal,
  rootRemovedSignal,
  rootStateQuery,
  type SyncAsk,
  syncUpdate,
  verifyUpdate,
  wakeSignal,
} from "./root-messages.js";
import { setAttributes } from "./search-status.js";

// A first upload may take days; its host tells that it goes on. Nothing is retried: a tick's failure is a result.
const TICK: ActivityOptions = { startToCloseTimeout: "365d", heartbeatTimeout: "30s", retry: { maximumAttempts: 1 } };
/** Asked for by a person, who waits. Longer, and the history would grow too long meanwhile. */
const ERRAND: ActivityOptions = { ...TICK, startToCloseTimeout: "1h", scheduleToStartTimeout: "30s" };
const { restoreRoot, collectRoot, verifyRoot, manifestsOfRoot } = proxyActivities<SyncRootActivities>(ERRAND);
const MOST_MANIFESTS = 20;

/**
 * One folder of one host, kept in step with its bucket: ticks when its host tells of a change, when a person asks, and
 * otherwise once an interval. What a tick does is the engine's, on the host; this workflow decides when, and remembers.
 */
export async function SyncRootWorkflow(input: RootInput): Promise<void> {
  const desk = new RootDesk(input);

  onSignal(rootAttachSignal.name, ({ args: [told] }) => hear(checkAttach(told), (attach) => desk.attach(attach)));
  onSignal(wakeSignal.name, ({ args: [told] }) => hear(checkWake(told), (wake) => desk.wake(wake)));
  setHandler(rootRemovedSignal, () => desk.remove());
  setHandler(rootStateQuery, () => desk.state());
  setHandler(syncUpdate, (ask) => synced(ask ?? {}), { validator: (ask) => refuse(checkSync(ask)) });
  setHandler(
    restoreUpdate,
    ({ path, manifest, time_ms }) =>
      errand(() => restoreRoot(input.root_id, path, manifest === undefined ? { timeMs: time_ms! } : { manifest })),
    { validator: (ask) => refuse(checkRestore(ask)) },
  );
  setHandler(gcUpdate, (options) => errand(() => collectRoot(input.root_id, options)), { validator: (ask) => refuse(checkGc(ask)) });
  setHandler(verifyUpdate, (options) => errand(() => verifyRoot(input.root_id, { repair: options?.repair === true })));
  setHandler(manifestsUpdate, (options) =>
    errand(() => manifestsOfRoot(input.root_id, Math.min(options?.limit ?? MOST_MANIFESTS, MOST_MANIFESTS))),
  );
  show();

  // Nothing may be awaited between the check and the end of this run: a message in between would be lost.
  while (!mayLeave()) {
    const order = desk.nextOrder(Date.now());
    if (order === null) await untilDue();
    else await tick(order);
    show();
  }
  if (!desk.removed) await continueAsNew<typeof SyncRootWorkflow>({ ...input, carried: desk.carried() });

  function mayLeave(): boolean {
    return (desk.removed || workflowInfo().continueAsNewSuggested) && allHandlersFinished();
  }

  async function untilDue(): Promise<void> {
    const seen = desk.changes;
    const isNews = (): boolean => desk.changes !== seen || mayLeave();
    const waitMs = desk.waitMs(Date.now());
    await (waitMs === null ? condition(isNews) : condition(isNews, waitMs));
  }

  /** Has the host tick. When a new aurad opens the root meanwhile, the one that had it is gone, and what it does is nobody's. */
  async function tick(order: Ordered): Promise<void> {
    const { boots } = desk;
    const startedAt = Date.now();
    const { asked: _, ...told } = order;
    const { tickRoot } = proxyActivities<SyncRootActivities>({ ...TICK, summary: summaryOf(order) });
    const scope = new CancellationScope();
    let result: TickRecord | null | undefined;
    let failure: unknown;
    await scope.run(() =>
      Promise.race([
        tickRoot(told).then(
          (record) => (result = record),
          (error: unknown) => (failure = error),
        ),
        condition(() => desk.boots !== boots),
      ]),
    );
    scope.cancel();
    if (result !== undefined && result !== null) desk.ticked(order, result, Date.now());
    else if (result === null) desk.gone(order, Date.now());
    else if (failure === undefined || isCancellation(failure)) desk.superseded(order, Date.now());
    else desk.lost(order, { error: because(failure), startedAt, now: Date.now() });
  }

  async function synced(ask: SyncAsk): Promise<TickRecord> {
    let record: TickRecord | undefined;
    desk.ask(ask, (answer) => (record = answer));
    await condition(() => record !== undefined);
    return record!;
  }

  function hear<T>(told: T | string, take: (value: T) => void): void {
    if (typeof told !== "string") take(told);
  }

  function show(): void {
    setAttributes({ [SEARCH_STATUS]: desk.word });
    setCurrentDetails(desk.details());
  }
}

/** Failures keep the type that they had on the host, a code of `shared/errors`, and the fix in their details. */
async function errand<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ActivityFailure && error.cause instanceof ApplicationFailure) {
      const { message, type, details } = error.cause;
      throw ApplicationFailure.nonRetryable(message, type, ...(details ?? []));
    }
    if (isCancellation(error)) throw error;
    throw ApplicationFailure.nonRetryable(because(error), "timeout");
  }
}

function refuse(problem: unknown): void {
  if (typeof problem === "string") throw ApplicationFailure.nonRetryable(problem, "usage");
}

function summaryOf({ tick_index, request: { trigger, dryRun } }: Ordered): string {
  return `tick ${tick_index} via ${trigger}${dryRun === true ? ", a dry run" : ""}`;
}

function because(failure: unknown): string {
  const cause = rootCause(failure) ?? String(failure);
  return `aurad did not finish it: ${cause}`;
}
