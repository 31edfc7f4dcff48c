import { Client, Connection } from "@temporalio/client";
import { defaultPayloadConverter, type Payload } from "@temporalio/common";
import type { Transition } from "../../src/services/snapshot.js";
import { serviceWorkflowId } from "../../src/workflows/names.js";

type RawHistory = Awaited<ReturnType<ReturnType<Client["workflow"]["getHandle"]>["fetchHistory"]>>;

/** Runs with a client on the server, which is closed after. */
export async function withClient<T>(address: string, use: (client: Client) => Promise<T>, namespace = "default"): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 10_000 });
  try {
    return await use(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

/** Histories of every run of a workflow, oldest first: a run that continued as new is followed. */
export async function histories(client: Client, workflowId: string): Promise<RawHistory[]> {
  const latest = await client.workflow.getHandle(workflowId).describe();
  const found: RawHistory[] = [];
  let runId: string | undefined = latest.runId;
  while (runId) {
    const history: RawHistory = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    found.unshift(history);
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
  }
  return found;
}

/** The transitions that signals brought to a service workflow, in the order of arrival, repeats included. */
export async function deliveredTransitions(client: Client, host: string, service: string): Promise<Transition[]> {
  const runs = await histories(client, serviceWorkflowId(host, service));
  return runs.flatMap((history) =>
    (history.events ?? []).flatMap((event) => {
      const attributes = event.workflowExecutionSignaledEventAttributes;
      if (attributes?.signalName !== "transitions") return [];
      return (attributes.input?.payloads ?? []).flatMap(
        (payload) => defaultPayloadConverter.fromPayload(payload as Payload) as Transition[],
      );
    }),
  );
}

export function eventCount(runs: readonly RawHistory[]): number {
  return runs.reduce((sum, { events }) => sum + (events?.length ?? 0), 0);
}
