import {
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from "@temporalio/workflow";
import type { SliceReport } from "../epochs/messages.js";
import type { SliceOutcome } from "../epochs/slice.js";
import type { EpochActivities } from "./activities.js";
import {
  completeSliceSignal,
  reattachSignal,
  reviewCycleCountQuery,
  type ReviewCycle,
  reviewCyclesQuery,
  reviewCycleSignal,
  type SliceEnd,
  type SliceInput,
  sliceReportSignal,
  stopSliceSignal,
} from "./epoch-messages.js";
import { SEARCH_STATUS } from "./names.js";
import { onSignal } from "./raw-signal.js";
import { setAttributes } from "./search-status.js";
import { endOnHost, waitOnHost, type Waited } from "./slice-host.js";

interface Ending {
  readonly outcome: SliceOutcome;
  readonly reason: string;
}

const CYCLES_KEPT = 100;
const { leaveLastWorker } = proxyActivities<EpochActivities>({
  scheduleToCloseTimeout: "5s",
  retry: { maximumAttempts: 1 },
  summary: "lost host",
});

/**
 * One attempt of a slice: has its host run it, and tells the epoch how it goes. The process belongs to the host: this
 * workflow waits for it, again and again where its aurad comes and goes, and never has it started twice.
 */
export async function SliceWorkflow(input: SliceInput): Promise<SliceEnd> {
  const { epoch_id, slice, attempt, host } = input;
  let lost = input.carried?.lost ?? false;
  let cycles = input.carried?.cycles ?? [];
  /** Told from outside; holds over what the process says. */
  let ending: Ending | undefined;
  let reattaches = 0;
  let strays = 0;

  onSignal(stopSliceSignal.name, ({ args: [told] }) => {
    const stop = fields(told);
    if (stop["attempt"] === attempt) ending ??= { outcome: "cancelled", reason: text(stop["reason"]) || "stopped" };
  });
  onSignal(completeSliceSignal.name, ({ args: [told] }) => {
    const { success, output, error, by } = fields(told);
    if (typeof success !== "boolean") return;
    const reason = text(error) || text(output) || `told ${success ? "succeeded" : "failed"}${text(by) && ` by ${text(by)}`}`;
    ending ??= { outcome: success ? "succeeded" : "failed", reason };
  });
  onSignal(reattachSignal.name, ({ args: [told] }) => {
    const { attempt: which, host: where, epoch_started_at: since = input.epoch_started_at } = fields(told);
    if (!Number.isInteger(which) || typeof where !== "string" || typeof since !== "string") return;
    if (which === attempt && where === host && since === input.epoch_started_at) reattaches += 1;
    else void endStray({ ...input, attempt: which as number, host: where, epoch_started_at: since });
  });
  onSignal(reviewCycleSignal.name, ({ args: [told] }) => {
    const { cycle_number, reviewer_feedback } = fields(told);
    const cycle: ReviewCycle = {
      cycle_number: typeof cycle_number === "number" ? cycle_number : cycles.length + 1,
      reviewer_feedback: text(reviewer_feedback).slice(0, 4096),
      at: new Date().toISOString(),
    };
    cycles = [...cycles, cycle].slice(-CYCLES_KEPT);
  });
  setHandler(reviewCyclesQuery, () => cycles);
  setHandler(reviewCycleCountQuery, () => cycles.length);
  CancellationScope.current().cancelRequested.catch(() => (ending ??= { outcome: "cancelled", reason: "cancelled through Temporal" }));

  return CancellationScope.nonCancellable(async () => {
    show(`starts on ${host}`);
    const end = slice.mode === "mock" ? mockEnd() : await work();
    await report({ state: "ended", outcome: end.outcome, reason: end.reason });
    setAttributes({ [SEARCH_STATUS]: end.outcome });
    show(`${end.outcome}: ${end.reason}`);
    await condition(() => strays === 0);
    return { slice_id: slice.id, attempt, ...end };
  });

  function mockEnd(): Ending {
    return ending ?? { outcome: "succeeded", reason: "mock" };
  }

  async function work(): Promise<Ending> {
    for (;;) {
      if (ending !== undefined) return endOnHost(input, ending, lost);
      // Nothing may be awaited between this check and the end of this run.
      if (workflowInfo().continueAsNewSuggested && strays === 0) {
        return continueAsNew<typeof SliceWorkflow>({ ...input, carried: { lost, cycles } });
      }
      const waited = await waitHere();
      if (waited === null) continue;
      if (ending === undefined && waited.kind === "ended") return { outcome: waited.outcome, reason: waited.reason };
      if (waited.kind === "ended") return ending ?? waited;
      lost = true;
      show(waited.reason);
      await leaveLastWorker(epoch_id).catch(() => {}); // it may be the very one that is lost; then the report waits a while
      await report({ state: "lost", reason: waited.reason });
    }
  }

  /** Null: there is something else to do now. */
  async function waitHere(): Promise<Waited | null> {
    const seen = reattaches;
    const scope = new CancellationScope();
    let waited: Waited | null = null;
    scope.run(async () => (waited = await waitOnHost(input, lost))).catch(() => {}); // cancelled below
    await condition(() => waited !== null || ending !== undefined || reattaches !== seen);
    if (waited === null) scope.cancel();
    return waited;
  }

  /** An older attempt that turned up on a host: it gave way to this one. */
  async function endStray(superseded: SliceInput): Promise<void> {
    strays += 1;
    await endOnHost(superseded, { outcome: "cancelled", reason: `attempt ${attempt} took its place` }, false);
    strays -= 1;
  }

  /** The epoch may have ended: then nobody needs to know. */
  async function report(told: Omit<SliceReport, "slice_id" | "attempt" | "host">): Promise<void> {
    await getExternalWorkflowHandle(epoch_id)
      .signal(sliceReportSignal, { slice_id: slice.id, attempt, host, ...told })
      .catch(() => {});
  }

  function show(line: string): void {
    setCurrentDetails(`Slice ${slice.id} of epoch ${epoch_id}, attempt ${attempt} on ${host}: ${line}`);
  }
}

function fields(told: unknown): Readonly<Record<string, unknown>> {
  return typeof told === "object" && told !== null ? (told as Readonly<Record<string, unknown>>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
