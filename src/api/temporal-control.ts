import { Client, Connection } from "@temporalio/client";
import { AuraError } from "../shared/errors.js";
import { HOST_WORKFLOW } from "../workflows/names.js";
import type { HostRow, TemporalControl, TemporalControlOptions } from "./remote.js";
import { WorkflowControl } from "./workflow-control.js";

const CONNECT_MS = 5000;

/** Any host of the namespace, without a worker of our own. Throws AuraError `temporal_unreachable`. */
export async function createTemporalControl(options: TemporalControlOptions): Promise<TemporalControl> {
  const { address, namespace, host } = options;
  const connection = await Connection.connect({ ...options.credentials, address, connectTimeout: CONNECT_MS }).catch((cause: unknown) => {
    throw new AuraError("temporal_unreachable", `Temporal at ${address} cannot be reached`, { cause });
  });
  const client = new Client({ connection, namespace });
  const control = new WorkflowControl(client, host);
  return Object.assign(control, { hosts: () => hosts(client), close: () => connection.close() });
}

async function hosts(client: Client): Promise<HostRow[]> {
  const rows: HostRow[] = [];
  for await (const found of client.workflow.list({ query: `WorkflowType = "${HOST_WORKFLOW}" AND ExecutionStatus = "Running"` })) {
    const memo = (found.memo ?? {}) as { apiUrl?: string | null; pid?: number; attachedAt?: string };
    rows.push({
      host: found.workflowId.slice("host/".length),
      api_url: memo.apiUrl ?? null,
      state: "running",
      aurad_pid: memo.pid ?? null,
      last_seen: memo.attachedAt ?? found.startTime.toISOString(),
    });
  }
  return rows.sort((a, b) => (a.host < b.host ? -1 : 1));
}
