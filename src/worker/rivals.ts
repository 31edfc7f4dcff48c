import type { Client } from "@temporalio/client";
import { bootId, isSame, startTime } from "../adapters/process/identity.js";
import { AuraError } from "../shared/errors.js";
import { hostQueue } from "../workflows/names.js";

/** TASK_QUEUE_TYPE_WORKFLOW. */
const WORKFLOW_QUEUE = 1;
/** A long poll lasts a minute: who has not polled for longer is gone. */
const POLL_MS = 70_000;

/** How this aurad names itself on its task queue, so that others can tell whether it still lives. */
export function workerIdentity(homeId: string): string {
  return ["aurad", homeId, bootId(), process.pid, startTime(process.pid) ?? ""].join("/");
}

/**
 * Two homes with one host name on one server would take each other's orders. Throws `host_name_in_use` when another
 * home's aurad works on this host's queue.
 */
export async function refuseRivals(client: Client, host: string, homeId: string, now: number): Promise<void> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: hostQueue(host) },
    taskQueueType: WORKFLOW_QUEUE,
  });
  for (const poller of pollers ?? []) {
    const [program, home, boot, pid, started] = (poller.identity ?? "").split("/");
    if (program !== "aurad" || home === homeId) continue;
    const seconds = Number(poller.lastAccessTime?.seconds ?? 0);
    const here = boot === bootId();
    const alive = here ? isSame({ pid: Number(pid), startTime: started ?? "", bootId: bootId() }) : now - seconds * 1000 < POLL_MS;
    if (!alive) continue;
    throw new AuraError(
      "host_name_in_use",
      `another aurad (${here ? `pid ${pid}` : "on another machine"}) serves the host name ${host} on this Temporal namespace`,
    );
  }
}
