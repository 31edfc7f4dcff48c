import { type Client, WorkflowNotFoundError } from "@temporalio/client";
import type { SliceEars } from "../activities/slice.js";
import type { SliceReport } from "../epochs/messages.js";
import type { SliceRunsPort } from "../epochs/ports.js";
import type { SliceKey, SliceRun } from "../epochs/slice.js";
import { asAuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";
import { reattachSignal, sliceReportSignal } from "../workflows/epoch-messages.js";
import { sliceWorkflowId } from "../workflows/names.js";
import { resetQueue } from "./reset-queues.js";

const DEADLINE_MS = 10_000;
const RETRY_MS = [500, 2000, 10_000] as const;
/** When to look whether a result has been taken over; a look costs one call. */
const LOOK_MS = [2000, 10_000, 60_000, 600_000] as const;

/**
 * Keeps the slices of this host and their workflows together: tells epochs which process runs, has workflows wait anew for
 * attempts that an earlier aurad began, ends what no workflow wants any more, and lets go of results that arrived.
 */
export class SliceKeeper implements SliceEars {
  private client: Client | undefined;
  private readonly waits = new Map<string, SliceRun>();
  private readonly results = new Map<string, SliceKey>();
  private look: NodeJS.Timeout | undefined;
  private looks = 0;
  private closed = false;

  constructor(
    private readonly runs: SliceRunsPort,
    private readonly host: string,
    private readonly log: Log,
  ) {}

  /** To be called with every new connection: what is here is told to its workflows. Never rejects. */
  async connected(client: Client): Promise<void> {
    this.client = client;
    const here = new Map([...this.runs.unfinished(), ...this.waits.values()].map((key) => [nameOf(key), key]));
    for (const key of here.values()) await this.reattach(key);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.look);
  }

  waiting(run: SliceRun): void {
    this.waits.set(nameOf(run), run);
    // Should this aurad die, the time-out of its heartbeat reaches whichever is left at once.
    if (this.client !== undefined) void resetQueue(this.client, sliceWorkflowId(run.epoch_id, run.slice_id));
  }

  running(run: SliceRun, pid: number): void {
    const { epoch_id, slice_id, attempt } = run;
    const report: SliceReport = { slice_id, attempt, state: "running", host: this.host, pid };
    void this.tell(run, (client) => client.workflow.getHandle(epoch_id).signal(sliceReportSignal, report));
  }

  ended(key: SliceKey): void {
    this.waits.delete(nameOf(key));
    this.results.set(nameOf(key), key);
    this.looks = 0;
    this.lookSoon();
  }

  orphaned(run: SliceRun): void {
    void this.reattach(run);
  }

  /** As long as somebody waits for the attempt here, and its epoch is there. */
  private async tell(run: SliceRun, call: (client: Client) => Promise<void>): Promise<void> {
    for (let failures = 0; this.waits.has(nameOf(run)) && !this.closed; failures++) {
      const { client } = this;
      if (client === undefined) return;
      try {
        return await within(client, () => call(client));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return;
        this.log.debug({ ...names(run), error: asAuraError(error).message }, "a slice's epoch cannot be told that it runs; trying again");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]).unref());
      }
    }
  }

  private async reattach(key: SliceKey): Promise<void> {
    const { client, host } = this;
    if (client === undefined) return;
    const { attempt, epoch_started_at } = key;
    const told = { attempt, host, ...(epoch_started_at === undefined ? {} : { epoch_started_at }) };
    const workflow = client.workflow.getHandle(sliceWorkflowId(key.epoch_id, key.slice_id));
    try {
      await within(client, () => workflow.signal(reattachSignal, told));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return this.unwanted(key);
      // Its heartbeat, which nobody sends, tells its workflow too.
      this.log.warn({ ...names(key), error: asAuraError(error).message }, "a slice's workflow cannot be told that it is here");
    }
  }

  /** Nobody asks for this attempt any more. */
  private async unwanted(key: SliceKey): Promise<void> {
    if (!(await this.isClosed(key).catch(() => false))) {
      this.log.warn(names(key), "a slice runs of which this Temporal namespace knows nothing; it is left alone until its time-out");
      return;
    }
    this.log.info(names(key), "a slice whose workflow has ended is stopped");
    await this.runs.stop(key, "its workflow has ended").catch((error: unknown) => {
      this.log.warn({ ...names(key), error: asAuraError(error).message }, "a slice could not be stopped");
    });
    this.runs.collected(key);
  }

  private lookSoon(): void {
    clearTimeout(this.look);
    if (this.closed || this.results.size === 0) return;
    this.look = setTimeout(() => void this.collect(), LOOK_MS[Math.min(this.looks, LOOK_MS.length - 1)]).unref();
  }

  /** A result is safe once its workflow has ended; until then it is kept, and given again to who asks. */
  private async collect(): Promise<void> {
    this.looks += 1;
    for (const [name, key] of this.results) {
      if (!(await this.isClosed(key).catch((error: unknown) => error instanceof WorkflowNotFoundError))) continue;
      this.results.delete(name);
      this.runs.collected(key);
    }
    this.lookSoon();
  }

  private async isClosed({ epoch_id, slice_id }: SliceKey): Promise<boolean> {
    const { client } = this;
    if (client === undefined) return false;
    const { status } = await within(client, () => client.workflow.getHandle(sliceWorkflowId(epoch_id, slice_id)).describe());
    return status.name !== "RUNNING";
  }
}

function within<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.connection.withDeadline(Date.now() + DEADLINE_MS, call);
}

function nameOf({ epoch_id, epoch_started_at, slice_id, attempt }: SliceKey): string {
  return `${epoch_id}/${epoch_started_at ?? ""}/${slice_id}/${attempt}`;
}

function names({ epoch_id, slice_id, attempt }: SliceKey): { epoch: string; slice: string; attempt: number } {
  return { epoch: epoch_id, slice: slice_id, attempt };
}
