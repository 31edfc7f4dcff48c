import type { Client } from "@temporalio/client";
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from "@temporalio/common";
import type { Wake } from "../sync/schedule.js";
import { hostQueue, ROOT_WORKFLOW, rootWorkflowId, SEARCH_HOST, SEARCH_KIND, SEARCH_STATUS, TASK_TIMEOUT } from "../workflows/names.js";
import { type RootAttach, rootAttachSignal, rootRemovedSignal, wakeSignal } from "../workflows/root-messages.js";

const DEADLINE_MS = 10_000;

/** The signals that aurad sends to the workflows of its roots. Each may arrive twice; the workflows bear that. */
export class RootSignals {
  /** `unregistered`: search attributes the server does not have; setting one would fail the start. */
  constructor(
    readonly client: Client,
    private readonly host: string,
    private readonly unregistered: readonly string[],
  ) {}

  /** Starts the root's workflow where there is none. */
  async attach(rootId: string, attach: RootAttach): Promise<void> {
    const workflowId = rootWorkflowId(this.host, rootId);
    await this.within(() =>
      this.client.workflow.signalWithStart(ROOT_WORKFLOW, {
        workflowId,
        taskQueue: hostQueue(this.host),
        args: [{ host: this.host, root_id: rootId }],
        signal: rootAttachSignal,
        signalArgs: [attach],
        workflowTaskTimeout: TASK_TIMEOUT,
        staticSummary: `sync root ${rootId} on ${this.host}`,
        staticDetails: "When this folder was synced, why, and what came of it.",
        ...this.attributes(),
      }),
    );
    // The last worker's sticky queue may be dead; without this the first task would wait for its time-out.
    const execution = { namespace: this.client.options.namespace, execution: { workflowId } };
    await this.within(() => this.client.workflowService.resetStickyTaskQueue(execution));
  }

  wake(rootId: string, wake: Wake): Promise<void> {
    return this.within(() => this.client.workflow.getHandle(rootWorkflowId(this.host, rootId)).signal(wakeSignal, wake));
  }

  removed(rootId: string): Promise<void> {
    return this.within(() => this.client.workflow.getHandle(rootWorkflowId(this.host, rootId)).signal(rootRemovedSignal));
  }

  private attributes(): { typedSearchAttributes?: TypedSearchAttributes } {
    const pairs = Object.entries({ [SEARCH_HOST]: this.host, [SEARCH_KIND]: "root", [SEARCH_STATUS]: "starting" })
      .filter(([name]) => !this.unregistered.includes(name))
      .map(([name, value]) => ({ key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value }));
    return pairs.length === 0 ? {} : { typedSearchAttributes: new TypedSearchAttributes(pairs) };
  }

  private within<T>(call: () => Promise<T>): Promise<T> {
    return this.client.connection.withDeadline(Date.now() + DEADLINE_MS, call);
  }
}
