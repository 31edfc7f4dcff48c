import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Client } from "@temporalio/client";
import { type NativeConnection, Worker } from "@temporalio/worker";
import { connectNative } from "../adapters/temporal/connect.js";
import { ensureNamespace, ensureSearchAttributes } from "../adapters/temporal/namespace.js";
import type { Credentials } from "../adapters/temporal/profile.js";
import { createEpochActivities } from "../activities/epoch.js";
import { createHostActivities, type HostPorts } from "../activities/host.js";
import { createSliceActivities } from "../activities/slice.js";
import { createSyncRootActivities } from "../activities/sync-root.js";
import { asAuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";
import { hostQueue } from "../workflows/names.js";
import type { HostEpochs } from "./host-epochs.js";
import { resetQueue, resetQueues } from "./reset-queues.js";
import { refuseRivals, workerIdentity } from "./rivals.js";
import type { RootsSlot } from "./roots-slot.js";
import { HostSignals } from "./temporal-client.js";

const BUNDLE = fileURLToPath(new URL("../workflows.bundle.js", import.meta.url));
const RETRY_MS = [500, 1000, 2000, 5000, 10_000] as const;
/** Slices hold one for as long as they run. */
const ACTIVITIES = 2000;
/** Open epochs beyond these are replayed when they are spoken to. */
const CACHED_EPOCHS = 300;
/** One thread carries all of them out: more would only be begun, and wait there. */
const TASKS_AT_ONCE = 16;
/** A server that does not answer within this time is called away. */
const LOOK_MS = 1000;

export interface LinkOptions {
  readonly address: string;
  readonly namespace: string;
  readonly host: string;
  readonly homeId: string;
  readonly credentials: Credentials;
  /** Of epochs; every aurad of the namespace works on it. */
  readonly taskQueue: string;
  readonly activities: HostPorts;
  readonly epochs: Pick<HostEpochs, "trail" | "runs" | "keeper">;
  readonly roots: RootsSlot;
  readonly log: Log;
  /** Called with every new connection, before the worker polls: tell the host workflow where things stand. */
  readonly onConnected: (signals: HostSignals) => Promise<void>;
}

interface Up {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly unregistered: readonly string[];
  readonly workers: readonly Worker[];
  /** Settles with the first worker that ends. */
  readonly first: Promise<void>;
  /** Once all have ended. */
  readonly all: Promise<unknown>;
  /** Aborted when this connection's work is given back: waits for slices end, the slices do not. */
  readonly leaving: AbortController;
}

/**
 * The workers on the host's queue and on that of epochs, and the client beside them, on one connection. When one gives up
 * all are replaced, for ever: no failure of Temporal ends aurad or touches a service or a slice.
 */
export class TemporalLink {
  private up: Up | undefined;
  private stopping = false;
  private retry: NodeJS.Timeout | undefined;
  private answered = false;
  private looking: Promise<void> | undefined;

  constructor(private readonly options: LinkOptions) {}

  get client(): Client | undefined {
    return this.up?.client;
  }

  /** Search attributes that the server lacks; undefined while it is not known. */
  get unregistered(): readonly string[] | undefined {
    return this.up?.unregistered;
  }

  /** Whether the server answered when it was last looked at. */
  get connected(): boolean {
    return this.up !== undefined && this.answered;
  }

  /** Asks the server whether it is there: the worker itself bears every absence in silence. Never rejects. */
  look(): Promise<void> {
    return (this.looking ??= this.ask().finally(() => (this.looking = undefined)));
  }

  private async ask(): Promise<void> {
    const connection = this.up?.connection;
    if (connection === undefined) return;
    const asked = connection.withDeadline(Date.now() + LOOK_MS, () => connection.workflowService.getSystemInfo({}));
    this.answered = await asked.then(
      () => true,
      () => false,
    );
  }

  /** Rejects when the first connection fails; later ones are tried again. */
  async start(): Promise<void> {
    this.up = await this.connect();
    this.answered = true;
    void this.up.first.then(
      () => this.lost(null),
      (error: unknown) => this.lost(error),
    );
  }

  /** No new tasks; those in flight finish. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.retry);
    if (this.up !== undefined) await shutDown(this.up);
  }

  async close(): Promise<void> {
    await this.up?.connection.close().catch(() => {});
  }

  private async connect(): Promise<Up> {
    const { address, namespace, host, homeId, log } = this.options;
    const connection = await connectNative(address, this.options.credentials);
    let up: Up | undefined;
    try {
      await ensureNamespace(connection, namespace, address);
      const unregistered = await ensureSearchAttributes(connection, namespace, log);
      const identity = workerIdentity(homeId);
      const client = new Client({ connection, namespace, identity });
      await refuseRivals(client, host, homeId, Date.now());
      const leaving = new AbortController();
      const workers = await this.createWorkers({ connection, namespace, identity }, client, leaving.signal);
      const runs = workers.map((worker) => worker.run());
      up = { connection, client, unregistered, workers, leaving, first: Promise.race(runs), all: Promise.allSettled(runs) };
      await this.options.onConnected(new HostSignals(client, host, unregistered));
      this.options.roots.connected(client, unregistered);
      void this.options.epochs.keeper.connected(client);
      void resetQueues(client).catch(() => {}); // they wait for their time-out then
      return up;
    } catch (error) {
      if (up !== undefined) await shutDown(up);
      await connection.close().catch(() => {});
      throw error;
    }
  }

  private async createWorkers(
    place: { readonly connection: NativeConnection; readonly namespace: string; readonly identity: string },
    client: Client,
    leaving: AbortSignal,
  ): Promise<readonly Worker[]> {
    const { host, taskQueue, activities, epochs, roots } = this.options;
    const common = {
      ...place,
      workflowBundle: readBundle(),
      shutdownGraceTime: "10s",
    } as const;
    const ofHost = Worker.create({
      ...common,
      taskQueue: hostQueue(host),
      // A killed aurad leaves sticky queues behind: no task waits longer than this for it.
      stickyQueueScheduleToStartTimeout: "1s",
      activities: {
        ...createHostActivities(activities),
        ...createSliceActivities(epochs.runs, epochs.keeper, leaving),
        ...createSyncRootActivities(roots),
      },
      maxConcurrentActivityTaskExecutions: ACTIVITIES,
      // Quiet services need no place in memory; one that changes again is replayed from a short history.
      maxCachedWorkflows: 48,
    });
    const ofEpochs = Worker.create({
      ...common,
      taskQueue,
      activities: createEpochActivities(epochs, (workflowId) => resetQueue(client, workflowId)),
      maxCachedWorkflows: CACHED_EPOCHS,
      // Longer than anybody's query waits. What waits for a busy aurad must not be given to the queue of all: a query comes with
      // the whole history then, news that no task has brought yet included, which the SDK applies at once. The history has it
      // in another order, and every later replay fails. After a crash the queues are reset instead.
      stickyQueueScheduleToStartTimeout: "15s",
      maxConcurrentWorkflowTaskExecutions: TASKS_AT_ONCE,
      workflowTaskPollerBehavior: { type: "simple-maximum", maximum: TASKS_AT_ONCE },
      // Every slice and review begins on the queue that all share.
      nonStickyToStickyPollRatio: 0.5,
    });
    return Promise.all([ofHost, ofEpochs]);
  }

  private lost(error: unknown): void {
    if (this.stopping) return;
    this.options.log.error({ error: asAuraError(error).message }, "the Temporal worker ended; connecting again");
    const { up } = this;
    this.up = undefined;
    if (up !== undefined) void shutDown(up).then(() => up.connection.close().catch(() => {}));
    this.again(0);
  }

  private again(attempt: number): void {
    this.retry = setTimeout(
      () => {
        this.start().catch((error: unknown) => {
          this.options.log.warn({ error: asAuraError(error).message }, "Temporal cannot be reached; trying again");
          if (!this.stopping) this.again(attempt + 1);
        });
      },
      RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)],
    );
  }
}

/** No new tasks; those in flight finish, but for the waits of slices, which are given back. */
async function shutDown({ workers, leaving, all }: Up): Promise<void> {
  for (const worker of workers) if (worker.getState() === "RUNNING") worker.shutdown();
  leaving.abort();
  await all;
}

function readBundle(): { codePath: string } {
  readFileSync(BUNDLE, { flag: "r" }).subarray(0, 1); // fails early, with the file's name
  return { codePath: BUNDLE };
}
