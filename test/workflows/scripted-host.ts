import { Client, type WorkflowHandle } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { inject } from "vitest";
import { initialService } from "../../src/services/supervised.js";
import type { Snapshot } from "../../src/services/snapshot.js";
import type { SpecOutline } from "../../src/services/spec.js";
import type { HostActivities, NumberedOrder, Orders } from "../../src/workflows/activities.js";
import { type Attach, attachSignal, observedSignal } from "../../src/workflows/messages.js";
import { HOST_WORKFLOW, hostQueue, hostWorkflowId } from "../../src/workflows/names.js";
import { WORKFLOW_BUNDLE } from "../support/build.js";
import { quietRuntime } from "../support/quiet-runtime.js";

/** A worker on a host's queue that runs the built workflows; its activities are the test's. */
export class ScriptedHost implements HostActivities {
  readonly name = `scripted-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  /** Everything that was ordered, oldest first. */
  readonly orders: NumberedOrder[] = [];
  readonly pendings: Orders["pending"][] = [];
  readonly snapshots = new Map<string, Snapshot>();
  outlines: SpecOutline[] = [];
  errors: string[] = [];
  /** What an order does; by default it succeeds at once. */
  obey: (order: NumberedOrder) => Promise<void> | void = (order) => this.succeed(order);
  client!: Client;
  private connection!: NativeConnection;
  private worker!: Worker;
  private ran!: Promise<void>;

  constructor(private readonly address: string = inject("temporal")!.address) {}

  get workflow(): WorkflowHandle {
    return this.client.workflow.getHandle(hostWorkflowId(this.name));
  }

  async start(): Promise<this> {
    quietRuntime();
    this.connection = await NativeConnection.connect({ address: this.address });
    this.client = new Client({ connection: this.connection });
    this.worker = await Worker.create({
      connection: this.connection,
      taskQueue: hostQueue(this.name),
      workflowBundle: { codePath: WORKFLOW_BUNDLE },
      activities: { carryOut: (orders: Orders) => this.carryOut(orders), loadSpecs: () => this.loadSpecs() },
      stickyQueueScheduleToStartTimeout: "1s",
      shutdownForceTime: "1s",
    });
    this.ran = this.worker.run();
    return this;
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

  async carryOut({ orders, pending }: Orders): Promise<readonly string[]> {
    this.pendings.push(pending);
    this.orders.push(...orders);
    for (const order of orders) await this.obey(order);
    return [];
  }

  async loadSpecs(): Promise<{ outlines: readonly SpecOutline[]; errors: readonly string[] }> {
    return { outlines: this.outlines, errors: this.errors };
  }

  /** Declares services, all stopped, as the spec directory would. */
  declare(...names: (string | Partial<SpecOutline>)[]): void {
    for (const given of names) {
      const outline = typeof given === "string" ? { name: given } : given;
      const name = outline.name!;
      this.outlines.push({ type: "native", after: [], requires: [], hash: "1", health: false, ...outline, name });
      this.snapshots.set(name, initialService({ name, type: "native" }, 0).snapshot);
    }
  }

  async attach(more: Partial<Attach> = {}): Promise<void> {
    const attach: Attach = {
      homeId: "home",
      pid: 1,
      apiUrl: null,
      version: "0",
      outlines: this.outlines,
      observed: [...this.snapshots.values()],
      ...more,
    };
    await this.client.workflow.signalWithStart(HOST_WORKFLOW, {
      workflowId: hostWorkflowId(this.name),
      taskQueue: hostQueue(this.name),
      args: [{ host: this.name }],
      signal: attachSignal,
      signalArgs: [attach],
    });
  }

  /** Changes what is observed of a service and tells the workflow. */
  async observe(name: string, change: Partial<Snapshot>): Promise<void> {
    const next = { ...this.snapshots.get(name)!, ...change };
    this.snapshots.set(name, next);
    await this.workflow.signal(observedSignal, [next]);
  }

  ordered(kind: NumberedOrder["kind"]): string[] {
    return this.orders.filter((order) => order.kind === kind).map(({ name }) => name);
  }

  private async succeed({ kind, name, seq, cause }: NumberedOrder): Promise<void> {
    const known = this.snapshots.get(name)!;
    const specHash = this.outlines.find((outline) => outline.name === name)?.hash ?? null;
    const up: Partial<Snapshot> = {
      state: "running",
      ready: true,
      finished: false,
      generation: known.generation + 1,
      pid: 4000 + known.generation,
      specHash,
    };
    await this.observe(name, { orderSeq: seq, cause, ...(kind === "stop" ? { state: "stopped", ready: false, pid: null } : up) });
  }
}
