import type { Client } from "@temporalio/client";
import { defineSearchAttributeKey, SearchAttributeType, TypedSearchAttributes } from "@temporalio/common";
import type { Snapshot, Transition } from "../services/snapshot.js";
import type { SpecOutline } from "../services/spec.js";
import { type Attach, attachSignal, observedSignal, specsSignal, transitionsSignal } from "../workflows/messages.js";
import {
  HOST_WORKFLOW,
  hostQueue,
  hostWorkflowId,
  SEARCH_HOST,
  SEARCH_KIND,
  SEARCH_STATUS,
  SERVICE_WORKFLOW,
  serviceWorkflowId,
  TASK_TIMEOUT,
} from "../workflows/names.js";

const DEADLINE_MS = 10_000;

/** The signals that aurad sends to the workflows of its host. Each may arrive twice; the workflows bear that. */
export class HostSignals {
  /** `unregistered`: search attributes the server does not have; setting one would fail the start. */
  constructor(
    private readonly client: Client,
    private readonly host: string,
    private readonly unregistered: readonly string[],
  ) {}

  /** Starts the host workflow where there is none. */
  async attach(attach: Attach): Promise<void> {
    const workflowId = hostWorkflowId(this.host);
    await this.within(() =>
      this.client.workflow.signalWithStart(HOST_WORKFLOW, {
        workflowId,
        taskQueue: hostQueue(this.host),
        args: [{ host: this.host }],
        signal: attachSignal,
        signalArgs: [attach],
        workflowTaskTimeout: TASK_TIMEOUT,
        staticSummary: `host ${this.host}`,
        staticDetails: "What should run on this host, in which order, and why something does not.",
        ...this.attributes("host"),
      }),
    );
    // The last worker's sticky queue may be dead; without this the first task would wait for its time-out.
    const execution = { namespace: this.client.options.namespace, execution: { workflowId } };
    await this.within(() => this.client.workflowService.resetStickyTaskQueue(execution));
  }

  observed(snapshots: readonly Snapshot[]): Promise<void> {
    return this.within(() => this.client.workflow.getHandle(hostWorkflowId(this.host)).signal(observedSignal, snapshots));
  }

  specs(outlines: readonly SpecOutline[]): Promise<void> {
    return this.within(() => this.client.workflow.getHandle(hostWorkflowId(this.host)).signal(specsSignal, outlines));
  }

  async transitions(service: string, transitions: readonly Transition[]): Promise<void> {
    await this.within(() =>
      this.client.workflow.signalWithStart(SERVICE_WORKFLOW, {
        workflowId: serviceWorkflowId(this.host, service),
        taskQueue: hostQueue(this.host),
        args: [{ host: this.host, service }],
        signal: transitionsSignal,
        signalArgs: [transitions],
        workflowTaskTimeout: TASK_TIMEOUT,
        staticSummary: `service ${service} on ${this.host}`,
        staticDetails: "Every transition of this service, with its cause and the rule that decided.",
        ...this.attributes("service"),
      }),
    );
  }

  private attributes(kind: "host" | "service"): { typedSearchAttributes?: TypedSearchAttributes } {
    const pairs = Object.entries({ [SEARCH_HOST]: this.host, [SEARCH_KIND]: kind, [SEARCH_STATUS]: "starting" })
      .filter(([name]) => !this.unregistered.includes(name))
      .map(([name, value]) => ({ key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value }));
    return pairs.length === 0 ? {} : { typedSearchAttributes: new TypedSearchAttributes(pairs) };
  }

  private within<T>(call: () => Promise<T>): Promise<T> {
    return this.client.connection.withDeadline(Date.now() + DEADLINE_MS, call);
  }
}
