import { Context } from "@temporalio/activity";
import { Client, type WorkflowHandle } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { inject } from "vitest";
import { WorkflowRoots } from "../../src/api/workflow-roots.js";
import type { TickRecord } from "../../src/sync/control.js";
import { RootSignals } from "../../src/worker/root-signals.js";
import type { SyncRootActivities, TickOrder } from "../../src/workflows/activities.js";
import { hostQueue, rootWorkflowId } from "../../src/workflows/names.js";
import type { RootAttach } from "../../src/workflows/root-messages.js";
import { makeRecord, makeReport } from "../sync/make-record.js";
import { WORKFLOW_BUNDLE } from "../support/build.js";
import { quietRuntime } from "../support/quiet-runtime.js";

let count = 0;

/** A worker on a host's queue that runs the built workflows; what its root's activities do is the test's. */
export class ScriptedRoot {
  readonly name: string;
  readonly rootId = "work";
  /** Every tick that was ordered, oldest first. */
  readonly orders: TickOrder[] = [];
  /** What a tick comes to; in sync at once when the test says nothing. */
  tick: (order: TickOrder) => Promise<TickRecord | null> | TickRecord | null = (order) => this.record(order);
  errands: Omit<SyncRootActivities, "tickRoot"> = {
    restoreRoot: async (_, path) => ({ manifest: "m", restored: [path], unchanged: 0 }),
    collectRoot: async (_, { apply }) => ({ objects: [], bytes: 0, uploads: 0, deleted: apply }),
    verifyRoot: async () => ({ objects: 1, bytes: 2, bad: [] }),
    manifestsOfRoot: async (_, limit) => [{ id: `${limit}`, device: "laptop", timeMs: 1, seq: 1 }],
  };
  client!: Client;
  signals!: RootSignals;
  private connection!: NativeConnection;
  private worker!: Worker;
  private ran!: Promise<void>;

  constructor(
    private readonly address: string = inject("temporal")!.address,
    name = `rooted-${process.pid}-${++count}`,
  ) {
    this.name = name;
  }

  get workflow(): WorkflowHandle {
    return this.client.workflow.getHandle(rootWorkflowId(this.name, this.rootId));
  }

  get roots(): WorkflowRoots {
    return new WorkflowRoots(this.client, this.name);
  }

  async start(): Promise<this> {
    quietRuntime();
    this.connection = await NativeConnection.connect({ address: this.address });
    this.client = new Client({ connection: this.connection });
    this.signals = new RootSignals(this.client, this.name, ["AuraHost", "AuraKind", "AuraStatus"]);
    this.worker = await Worker.create({
      connection: this.connection,
      taskQueue: hostQueue(this.name),
      workflowBundle: { codePath: WORKFLOW_BUNDLE },
      activities: {
        tickRoot: (order: TickOrder) => this.tickRoot(order),
        restoreRoot: (...args: Parameters<SyncRootActivities["restoreRoot"]>) => this.errands.restoreRoot(...args),
        collectRoot: (...args: Parameters<SyncRootActivities["collectRoot"]>) => this.errands.collectRoot(...args),
        verifyRoot: (...args: Parameters<SyncRootActivities["verifyRoot"]>) => this.errands.verifyRoot(...args),
        manifestsOfRoot: (...args: Parameters<SyncRootActivities["manifestsOfRoot"]>) => this.errands.manifestsOfRoot(...args),
      },
      stickyQueueScheduleToStartTimeout: "1s",
      shutdownForceTime: "1s",
    });
    this.ran = this.worker.run();
    return this;
  }

  /** What an aurad tells that has just opened the root, or another one: `boot`. */
  attach(more: Partial<RootAttach> = {}): Promise<void> {
    const attach = {
      boot: "1",
      device_id: "laptop",
      path: "/w",
      mode: "bidirectional",
      interval_ms: 3_600_000,
      watcher: "events",
    } as const;
    return this.signals.attach(this.rootId, { ...attach, ...more });
  }

  /** A record that answers an order. */
  record({ tick_index, request: { trigger, dryRun = false } }: TickOrder, more: Partial<TickRecord> = {}): TickRecord {
    const started_at = new Date().toISOString();
    return makeRecord({ tick_index, trigger, started_at, sync: makeReport({ dry_run: dryRun }), ...more });
  }

  get triggers(): string[] {
    return this.orders.map(({ request }) => request.trigger);
  }

  /** Works no more; its workflow waits for the next one. */
  async retire(): Promise<void> {
    if (this.worker.getState() === "RUNNING") this.worker.shutdown();
    await this.ran.catch(() => {});
  }

  async end(): Promise<void> {
    await this.workflow.terminate().catch(() => {});
    await this.retire();
    await this.connection.close();
  }

  private async tickRoot(order: TickOrder): Promise<TickRecord | null> {
    this.orders.push(order);
    const beat = setInterval(() => Context.current().heartbeat(), 1000);
    try {
      return await this.tick(order);
    } finally {
      clearInterval(beat);
    }
  }
}

/** Something that waits until the test lets it go. */
export class Held<T> {
  private readonly waiting: ((value: T) => void)[] = [];

  wait(): Promise<T> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  get held(): number {
    return this.waiting.length;
  }

  release(value: T): void {
    this.waiting.shift()?.(value);
  }
}
