import { type Client, WorkflowExecutionAlreadyStartedError } from "@temporalio/client";
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes, WorkflowIdReusePolicy } from "@temporalio/common";
import { problemOfStart } from "../epochs/check-message.js";
import type { StartRequest } from "../epochs/control.js";
import { phaseOf } from "../epochs/phases.js";
import { AuraError } from "../shared/errors.js";
import type { EpochInput } from "../workflows/epoch-messages.js";
import {
  EPOCH_WORKFLOW,
  SEARCH_DOMAIN,
  SEARCH_EPOCH,
  SEARCH_HOST,
  SEARCH_KIND,
  SEARCH_PHASE,
  SEARCH_ROLE,
  SEARCH_STATUS,
  EPOCH_TASK_TIMEOUT,
} from "../workflows/names.js";
import { grpcCode } from "./temporal-failure.js";

/** Half of what an epoch may hold; the rest is for what happens in it. */
const MAX_START_BYTES = 350_000;
const DETAILS_CHARACTERS = 2000;
const INVALID_ARGUMENT = 3;

export interface EpochStartOptions {
  readonly host: string;
  readonly taskQueue: string;
  readonly audit: EpochInput["audit"];
  /** Search attributes that the server lacks; unknown: all are tried, then none. */
  readonly unregistered?: readonly string[];
}

/** Starts the workflow of an epoch. Throws AuraError `usage` for bad input, `refused` when the epoch exists. */
export async function startEpoch(
  client: Client,
  request: StartRequest,
  options: EpochStartOptions,
): Promise<{ readonly workflow_id: string; readonly run_id: string }> {
  const { epoch_id } = request;
  const problem = problemOfStart(request) ?? sizeProblem(request);
  if (problem !== null) throw new AuraError("usage", problem, { fix: "see docs/design/epochs.md" });
  try {
    return await start(client, request, options, options.unregistered ?? []);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new AuraError("refused", `epoch ${epoch_id} exists already`, {
        effect: "nothing was started",
        fix: `look at it with: aura-msg query state --epoch-id ${epoch_id}; or take another id`,
        cause: error,
      });
    if (options.unregistered !== undefined || grpcCode(error) !== INVALID_ARGUMENT) throw error;
    return await start(client, request, options, ATTRIBUTES);
  }
}

async function start(
  client: Client,
  { epoch_id, description, plan, by }: StartRequest,
  { host, taskQueue, audit }: EpochStartOptions,
  unregistered: readonly string[],
): Promise<{ readonly workflow_id: string; readonly run_id: string }> {
  const input: EpochInput = { start: { epoch_id, description, plan, host, by }, audit };
  const handle = await client.workflow.start(EPOCH_WORKFLOW, {
    workflowId: epoch_id,
    taskQueue,
    args: [input],
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    workflowTaskTimeout: EPOCH_TASK_TIMEOUT,
    staticSummary: `epoch ${epoch_id}`,
    staticDetails: description.slice(0, DETAILS_CHARACTERS) || "An epoch without a description.",
    // Of the epoch, where the start time of a workflow that continued as new is that of its latest run.
    memo: { started_at: new Date().toISOString(), host },
    ...attributes(epoch_id, host, unregistered),
  });
  return { workflow_id: epoch_id, run_id: handle.firstExecutionRunId };
}

const ATTRIBUTES = [SEARCH_EPOCH, SEARCH_KIND, SEARCH_PHASE, SEARCH_ROLE, SEARCH_DOMAIN, SEARCH_STATUS, SEARCH_HOST] as const;

function attributes(epochId: string, host: string, unregistered: readonly string[]): { typedSearchAttributes?: TypedSearchAttributes } {
  const { id, lead, domain } = phaseOf("p1");
  const values: Record<(typeof ATTRIBUTES)[number], string> = {
    [SEARCH_EPOCH]: epochId,
    [SEARCH_KIND]: "epoch",
    [SEARCH_PHASE]: id,
    [SEARCH_ROLE]: lead,
    [SEARCH_DOMAIN]: domain,
    [SEARCH_STATUS]: "running",
    [SEARCH_HOST]: host,
  };
  const pairs = ATTRIBUTES.filter((name) => !unregistered.includes(name)).map((name) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value: values[name],
  }));
  return pairs.length === 0 ? {} : { typedSearchAttributes: new TypedSearchAttributes(pairs) };
}

function sizeProblem(request: StartRequest): string | null {
  const bytes = Buffer.byteLength(JSON.stringify(request));
  return bytes <= MAX_START_BYTES ? null : `description and plan have ${bytes} bytes together; at most ${MAX_START_BYTES} are taken`;
}
