import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type WorkflowHandle } from "@temporalio/client";
import { NativeConnection, Worker } from "@temporalio/worker";
import { inject } from "vitest";
import { createEpochActivities } from "../../src/activities/epoch.js";
import { createSliceActivities } from "../../src/activities/slice.js";
import { createMemoryTrail } from "../../src/adapters/audit/memory.js";
import { createSliceRuns } from "../../src/adapters/slices/slice-runs.js";
import { ensureSearchAttributes } from "../../src/adapters/temporal/namespace.js";
import { WorkflowEpochs } from "../../src/api/workflow-epochs.js";
import type { EpochDocument } from "../../src/epochs/control.js";
import type { AuditTrail, SliceRunsPort } from "../../src/epochs/ports.js";
import type { PhaseId } from "../../src/epochs/phases.js";
import type { PlannedSlice, SlicePlan } from "../../src/epochs/slice.js";
import { silentLog } from "../../src/shared/log.js";
import { SliceKeeper } from "../../src/worker/slice-keeper.js";
import { hostQueue } from "../../src/workflows/names.js";
import { WORKFLOW_BUNDLE } from "../support/build.js";
import { quietRuntime } from "../support/quiet-runtime.js";
import { until } from "../support/until.js";

const AXES = ["correctness", "test_quality", "elegance"] as const;

export interface PlaceOptions {
  readonly address?: string;
  readonly queue?: string;
  readonly audit?: "trail" | "temporal";
  readonly trail?: AuditTrail;
}

/** A host as aurad has it, without the services: workers on both queues, a trail, and real slices in a folder of their own. */
export class EpochPlace {
  readonly host = `place-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  readonly queue: string;
  readonly dir = mkdtempSync(join(tmpdir(), "aura-epochs-"));
  trail: AuditTrail;
  client!: Client;
  epochs!: WorkflowEpochs;
  runs!: SliceRunsPort & { close(): void };
  private connection!: NativeConnection;
  private keeper!: SliceKeeper;
  private leaving!: AbortController;
  private workers: Worker[] = [];
  private ran: Promise<unknown> = Promise.resolve();
  private keys = 0;

  constructor(private readonly options: PlaceOptions = {}) {
    this.queue = options.queue ?? `queue-${this.host}`;
    this.trail = options.trail ?? createMemoryTrail();
    mkdirSync(join(this.dir, "work"));
  }

  async start(): Promise<this> {
    quietRuntime();
    this.connection = await NativeConnection.connect({ address: this.options.address ?? inject("temporal")!.address });
    const unregistered = await ensureSearchAttributes(this.connection, "default", silentLog);
    this.client = new Client({ connection: this.connection });
    this.epochs = new WorkflowEpochs(this.client, {
      host: this.host,
      taskQueue: this.queue,
      audit: this.options.audit ?? "trail",
      unregistered,
    });
    await this.work();
    return this;
  }

  /** As a new aurad of this host: finds its slices again and works on. */
  async work(): Promise<void> {
    this.runs = createSliceRuns({
      dir: join(this.dir, "slices"),
      logDir: join(this.dir, "log"),
      homeId: this.host,
      host: this.host,
      env: { PATH: process.env["PATH"] ?? "", HOME: this.dir },
      log: silentLog,
    });
    this.keeper = new SliceKeeper(this.runs, this.host, silentLog);
    this.leaving = new AbortController();
    const common = {
      connection: this.connection,
      workflowBundle: { codePath: WORKFLOW_BUNDLE },
      stickyQueueScheduleToStartTimeout: "1s",
      shutdownForceTime: "2s",
    } as const;
    this.workers = [
      await Worker.create({
        ...common,
        taskQueue: hostQueue(this.host),
        activities: { ...createSliceActivities(this.runs, this.keeper, this.leaving.signal) },
      }),
      await Worker.create({
        ...common,
        taskQueue: this.queue,
        activities: createEpochActivities({ trail: this.trail }, () => Promise.resolve()),
      }),
    ];
    this.ran = Promise.allSettled(this.workers.map((worker) => worker.run()));
    await this.keeper.connected(this.client);
  }

  /** Works no more; slices run on. `told`: their waits are given back, as by an aurad that was asked to stop. */
  async retire(told = true): Promise<void> {
    for (const worker of this.workers) if (worker.getState() === "RUNNING") worker.shutdown();
    if (told) this.leaving.abort();
    this.keeper.close();
    this.runs.close();
    await this.ran;
  }

  async end(): Promise<void> {
    for (const key of this.runs.unfinished()) await this.runs.stop(key, "the test is over").catch(() => {});
    await this.retire();
    await this.connection.close();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Starts an epoch of a name of its own. */
  async epoch(plan: SlicePlan | null = null, description = "a request"): Promise<string> {
    const epoch_id = `epoch-${this.host}-${(this.keys += 1)}`;
    await this.epochs.start({ epoch_id, description, plan, by: "tester" });
    return epoch_id;
  }

  workflow(id: string): WorkflowHandle {
    return this.client.workflow.getHandle(id);
  }

  key(): string {
    return `key-${this.host}-${(this.keys += 1)}`;
  }

  /** Takes an epoch to a phase, with votes and answers where they are needed. */
  async walk(id: string, to: PhaseId, from: PhaseId = "p1"): Promise<void> {
    const way: PhaseId[] = ["p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "complete"];
    for (const phase of way.slice(way.indexOf(from) + 1, way.indexOf(to) + 1)) {
      if (phase === "p5" || phase === "p11") await this.voteAll(id);
      const reply = await this.epochs.advance(id, { to_phase: phase, triggered_by: "ann", condition_met: "yes", key: this.key() });
      if (!reply.success) throw new Error(`${phase}: ${reply.refused.join("; ")}`);
    }
  }

  async voteAll(id: string): Promise<void> {
    for (const axis of AXES) await this.epochs.vote(id, { axis, vote: "ACCEPT", reviewer_id: `reviewer-${axis}`, key: this.key() });
  }

  /** The document once it is so. */
  state(id: string, fits: (document: EpochDocument) => boolean, ms?: number): Promise<EpochDocument> {
    let last: EpochDocument | undefined;
    return until(
      async () => {
        last = await this.epochs.state(id);
        return fits(last) ? last : undefined;
      },
      ms,
      () => JSON.stringify({ phase: last?.current_phase, slices: last?.slices, last_error: last?.last_error }),
    );
  }

  /** A slice that runs for real on this host. */
  slice(id: string, command: string, more: Partial<PlannedSlice> = {}): PlannedSlice {
    return {
      id,
      title: `slice ${id}`,
      mode: "subprocess",
      command,
      working_dir: join(this.dir, "work"),
      timeout_s: 300,
      heartbeat_s: 2,
      needs: [],
      retries: 0,
      resources: [],
      host: null,
      ...more,
    };
  }

  mock(id: string, more: Partial<PlannedSlice> = {}): PlannedSlice {
    return this.slice(id, "", { mode: "mock", command: null, ...more });
  }

  /** What a slice wrote into its working directory; empty when it is not there. */
  written(file: string): string {
    try {
      return readFileSync(join(this.dir, "work", file), "utf8");
    } catch {
      return "";
    }
  }

  /** A file that a slice waits for. */
  write(file: string): void {
    writeFileSync(join(this.dir, "work", file), "");
  }
}

/** A command that waits for a file, a minute at the longest: nothing of a test lives on after it. */
export const UNTIL_GO = "for i in $(seq 600); do [ -e go ] && break; sleep 0.1; done";

export function plan(slices: readonly PlannedSlice[], more: Partial<SlicePlan> = {}): SlicePlan {
  return { slices, max_parallel: 4, fail_fast: false, ...more };
}
