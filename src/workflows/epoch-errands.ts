import {
  getExternalWorkflowHandle,
  ParentClosePolicy,
  rootCause,
  startChild,
  workflowInfo,
  WorkflowIdReusePolicy,
  type ChildWorkflowOptions,
} from "@temporalio/workflow";
import { phaseOf, type PhaseId } from "../epochs/phases.js";
import type { SliceReport } from "../epochs/messages.js";
import type { SliceOutcome } from "../epochs/slice.js";
import type { Errand } from "./epoch-children.js";
import { roundEndedSignal, stopSliceSignal, voteRecordedSignal } from "./epoch-messages.js";
import {
  EPOCH_TASK_TIMEOUT,
  REVIEW_WORKFLOW,
  reviewWorkflowId,
  SEARCH_DOMAIN,
  SEARCH_EPOCH,
  SEARCH_HOST,
  SEARCH_KIND,
  SEARCH_PHASE,
  SEARCH_ROLE,
  SEARCH_STATUS,
  SLICE_WORKFLOW,
  sliceWorkflowId,
} from "./names.js";
import type { ReviewPhaseWorkflow } from "./review.js";
import { knownAttributes } from "./search-status.js";
import type { SliceWorkflow } from "./slice.js";

/** How errands end, for the epoch that sent them. */
export interface ErrandEnds {
  gone(child: string): void;
  /** Told in a slice's name when its workflow cannot: it never was, or is not there any more. */
  report(report: SliceReport): void;
}

/** Carries one errand out. Never rejects: what fails is told. */
export async function runErrand(epochId: string, errand: Errand, ends: ErrandEnds): Promise<void> {
  switch (errand.kind) {
    case "skip_slice":
      return ends.report(ended(errand.slice_id, errand.attempt, "cancelled", errand.reason));
    case "start_slice":
      return startSlice(epochId, errand, ends);
    case "stop_slice":
      return stopSlice(epochId, errand, ends);
    case "start_review":
      return startReview(epochId, errand);
    case "tell_votes":
      return getExternalWorkflowHandle(reviewWorkflowId(epochId, errand.phase))
        .signal(voteRecordedSignal, ...errand.votes)
        .catch(() => ends.gone(errand.child));
    case "end_review":
      await getExternalWorkflowHandle(reviewWorkflowId(epochId, errand.phase))
        .signal(roundEndedSignal, { to_phase: errand.to_phase, votes: errand.votes })
        .catch(() => {});
      return ends.gone(errand.child);
  }
}

/**
 * Resolves in another workflow task, at once; a timer would take up to a second of the server's time. No workflow can signal
 * itself: the server says so, which is all that is wanted.
 */
export async function nextTask(): Promise<void> {
  await getExternalWorkflowHandle(workflowInfo().workflowId)
    .signal("settled")
    .catch(() => {});
}

async function startSlice(epochId: string, { input }: Errand & { kind: "start_slice" }, ends: ErrandEnds): Promise<void> {
  const { slice, attempt, host, phase } = input;
  const report = (outcome: SliceOutcome, reason: string): void => ends.report(ended(slice.id, attempt, outcome, reason));
  try {
    const handle = await startChild<typeof SliceWorkflow>(SLICE_WORKFLOW, {
      ...childOptions("slice", epochId, phase as PhaseId, host),
      args: [input],
      workflowId: sliceWorkflowId(epochId, slice.id),
      staticSummary: `slice ${slice.id} of epoch ${epochId}, attempt ${attempt}`,
      staticDetails: slice.title,
    });
    // It tells its end itself; unless somebody ended it from outside.
    handle.result().catch((error: unknown) => report("failed", `its workflow ended without a result: ${because(error)}`));
  } catch (error) {
    report("failed", `its workflow could not be started: ${because(error)}`);
  }
}

async function stopSlice(epochId: string, { slice_id, attempt, reason }: Errand & { kind: "stop_slice" }, ends: ErrandEnds): Promise<void> {
  try {
    await getExternalWorkflowHandle(sliceWorkflowId(epochId, slice_id)).signal(stopSliceSignal, { attempt, reason });
  } catch {
    ends.report(ended(slice_id, attempt, "cancelled", reason));
  }
}

async function startReview(epochId: string, { input }: Errand & { kind: "start_review" }): Promise<void> {
  const { phase, round } = input;
  // Where it cannot be started, the epoch's own votes decide all the same.
  await startChild<typeof ReviewPhaseWorkflow>(REVIEW_WORKFLOW, {
    ...childOptions("review", epochId, phase, ""),
    args: [input],
    workflowId: reviewWorkflowId(epochId, phase),
    staticSummary: `${phaseOf(phase).name} of epoch ${epochId}, round ${round}`,
  }).catch(() => {});
}

/** Children outlive the run of the epoch that started them, and one of the same id that still ends gives way. */
function childOptions(kind: "slice" | "review", epochId: string, phase: PhaseId, host: string): ChildWorkflowOptions {
  const { lead, domain } = phaseOf(phase);
  return {
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowIdReusePolicy: WorkflowIdReusePolicy.TERMINATE_IF_RUNNING,
    workflowTaskTimeout: EPOCH_TASK_TIMEOUT,
    searchAttributes: knownAttributes({
      [SEARCH_EPOCH]: epochId,
      [SEARCH_KIND]: kind,
      [SEARCH_PHASE]: phase,
      [SEARCH_ROLE]: lead,
      [SEARCH_DOMAIN]: domain,
      [SEARCH_STATUS]: "running",
      ...(host === "" ? {} : { [SEARCH_HOST]: host }),
    }),
  };
}

function ended(slice_id: string, attempt: number, outcome: SliceOutcome, reason: string): SliceReport {
  return { slice_id, attempt, state: "ended", host: "", outcome, reason };
}

function because(error: unknown): string {
  return rootCause(error) ?? String(error);
}
