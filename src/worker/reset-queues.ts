import type { Client } from "@temporalio/client";
import { EPOCH_WORKFLOW, REVIEW_WORKFLOW, SLICE_WORKFLOW } from "../workflows/names.js";

const DEADLINE_MS = 10_000;
const SOON_MS = 1000;
const AT_ONCE = 4;

/**
 * An aurad that was killed leaves queues of its own behind, and the next message to one of its epochs would wait there for
 * a time-out first. Whichever aurad it was: what is not known to be cached here is read from its history again.
 */
export async function resetQueues(client: Client): Promise<void> {
  const types = [EPOCH_WORKFLOW, SLICE_WORKFLOW, REVIEW_WORKFLOW].map((name) => `'${name}'`).join(", ");
  const open = client.workflow.list({ query: `ExecutionStatus = 'Running' AND WorkflowType IN (${types})` });
  const found = open[Symbol.asyncIterator]();
  const resetNext = async (): Promise<void> => {
    for (let next = await found.next(); !next.done; next = await found.next()) {
      const { workflowId, runId } = next.value;
      await reset(client, { workflowId, runId }, DEADLINE_MS);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, resetNext));
}

/** The next task of this workflow goes to whichever aurad is there, not to the one that had the last. Never rejects. */
export function resetQueue(client: Client, workflowId: string): Promise<void> {
  return reset(client, { workflowId }, SOON_MS);
}

/** One that ended meanwhile has no queue. */
async function reset(client: Client, execution: { workflowId: string; runId?: string }, withinMs: number): Promise<void> {
  const { namespace } = client.options;
  const call = (): Promise<unknown> => client.workflowService.resetStickyTaskQueue({ namespace, execution });
  await client.connection.withDeadline(Date.now() + withinMs, call).catch(() => {});
}
