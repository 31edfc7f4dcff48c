import type { Client, WorkflowExecutionInfo } from "@temporalio/client";
import type { EpochRow } from "../epochs/control.js";
import { isPhaseId } from "../epochs/phases.js";
import { EPOCH_WORKFLOW, SEARCH_HOST, SEARCH_PHASE, SEARCH_STATUS } from "../workflows/names.js";

/**
 * The epochs of the namespace, newest first, by visibility. By the workflow's type: it is there on every server, also for
 * epochs that other clients started without search attributes.
 */
export async function epochRows(client: Client): Promise<readonly EpochRow[]> {
  const rows: EpochRow[] = [];
  const query = `WorkflowType = "${EPOCH_WORKFLOW}" AND ExecutionStatus != "ContinuedAsNew"`;
  for await (const found of client.workflow.list({ query })) rows.push(rowOf(found));
  return rows.sort((a, b) => (a.started_at > b.started_at ? -1 : 1));
}

function rowOf({ workflowId, status, startTime, closeTime, memo, searchAttributes }: WorkflowExecutionInfo): EpochRow {
  const attribute = (name: string): string => String(searchAttributes[name]?.[0] ?? "");
  const { started_at, host } = (memo ?? {}) as { readonly started_at?: string; readonly host?: string };
  const phase = attribute(SEARCH_PHASE);
  const told = attribute(SEARCH_STATUS);
  // An epoch that was ended from outside did not live to say so.
  const ended = status.name !== "RUNNING" && (told === "" || told === "running");
  return {
    epoch_id: workflowId,
    phase: isPhaseId(phase) ? phase : "",
    status: told === "" || ended ? status.name.toLowerCase() : told,
    host: attribute(SEARCH_HOST) || (host ?? ""),
    started_at: started_at ?? startTime.toISOString(),
    ended_at: closeTime?.toISOString() ?? null,
  };
}
