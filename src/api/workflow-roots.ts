import { randomUUID } from "node:crypto";
import { type Client, WorkflowUpdateStage, type UpdateDefinition } from "@temporalio/client";
import { AuraError, ERRORS, type ErrorCode } from "../shared/errors.js";
import type { RootsControl, RootStatus, TickRecord } from "../sync/control.js";
import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "../sync/engine-port.js";
import type { TickProgress } from "../sync/tick.js";
import { ROOT_WORKFLOW, rootWorkflowId } from "../workflows/names.js";
import {
  gcUpdate,
  manifestsUpdate,
  restoreUpdate,
  type RootState,
  rootStateQuery,
  syncUpdate,
  verifyUpdate,
} from "../workflows/root-messages.js";
import { unknownRoot } from "./root-names.js";
import { sendUpdate } from "./send-update.js";
import { temporalFailure } from "./temporal-failure.js";

const DEADLINE_MS = 20_000;
/** A query is answered in milliseconds, or, with nobody there, never. */
const QUERY_DEADLINE_MS = 5000;
/** A tick may take days. */
const WORK_MS = 20 * 86_400_000;

/** The roots of one host, asked through their workflows: lists in reports are cut to what a history may hold. */
export class WorkflowRoots implements RootsControl {
  constructor(
    private readonly client: Client,
    private readonly host: string,
  ) {}

  async list(): Promise<readonly RootStatus[]> {
    const ids = await this.ids();
    const states = await Promise.all(ids.map((id) => this.state(id)));
    return states.map(statusOf);
  }

  async get(root: string): Promise<RootStatus & { readonly recent_ticks: readonly TickRecord[] }> {
    const { host: _, ...state } = await this.find(root);
    return state;
  }

  async ticks(root: string, limit: number): Promise<readonly TickRecord[]> {
    return (await this.find(root)).recent_ticks.slice(-Math.max(1, limit));
  }

  async sync(root: string, { dryRun = false, confirm = false }: { dryRun?: boolean; confirm?: boolean }): Promise<TickRecord> {
    return this.update(root, syncUpdate, { dry_run: dryRun, confirm });
  }

  /** Only the host itself knows. */
  async progress(root: string): Promise<TickProgress | null> {
    await this.find(root);
    return null;
  }

  log(root: string, limit: number): Promise<readonly ManifestInfo[]> {
    return this.update(root, manifestsUpdate, { limit });
  }

  restore(root: string, path: string, at: RestorePoint): Promise<RestoreReport> {
    return this.update(root, restoreUpdate, { path, ...("manifest" in at ? at : { time_ms: at.timeMs }) });
  }

  gc(root: string, { apply, windowMs, historyMs }: { apply: boolean; windowMs: number; historyMs: number }): Promise<GcReport> {
    return this.update(root, gcUpdate, { apply, window_ms: windowMs, history_ms: historyMs });
  }

  verify(root: string, { repair }: { repair: boolean }): Promise<VerifyReport> {
    return this.update(root, verifyUpdate, { repair });
  }

  /** By the workflow's type, which every server has; the host by its id. */
  private async ids(): Promise<string[]> {
    const prefix = rootWorkflowId(this.host, "");
    const ids: string[] = [];
    const query = `WorkflowType = "${ROOT_WORKFLOW}" AND ExecutionStatus = "Running"`;
    await this.within(DEADLINE_MS, "", async () => {
      for await (const { workflowId } of this.client.workflow.list({ query })) {
        if (workflowId.startsWith(prefix)) ids.push(workflowId.slice(prefix.length));
      }
    });
    return ids.sort();
  }

  /** By id, else by path. */
  private async find(root: string): Promise<RootState> {
    try {
      return await this.state(root);
    } catch (error) {
      if (!(error instanceof AuraError) || error.code !== "not_found") throw error;
      const states = await Promise.all((await this.ids()).map((id) => this.state(id)));
      const found = states.find(({ path }) => path === root);
      if (found === undefined) throw unknownRoot(root, states, this.host, error.cause);
      return found;
    }
  }

  private state(rootId: string): Promise<RootState> {
    return this.within(QUERY_DEADLINE_MS, rootId, () => this.handle(rootId).query(rootStateQuery));
  }

  /** Whether anybody is there shows soon; the work itself takes its time. */
  private async update<R, A>(root: string, update: UpdateDefinition<R, [A]>, arg: A): Promise<R> {
    const rootId = root.startsWith("/") ? (await this.find(root)).root_id : root;
    const options = { args: [arg] as [A], updateId: randomUUID(), waitForStage: WorkflowUpdateStage.ACCEPTED } as const;
    const started = await this.within(DEADLINE_MS, rootId, () => sendUpdate(() => this.handle(rootId).startUpdate(update, options))).catch(
      async (error: unknown) => {
        if (error instanceof AuraError && error.code === "not_found") await this.find(root); // names the near ones
        throw error;
      },
    );
    return this.within(WORK_MS, rootId, () => started.result());
  }

  private handle(rootId: string): ReturnType<Client["workflow"]["getHandle"]> {
    return this.client.workflow.getHandle(rootWorkflowId(this.host, rootId));
  }

  private async within<T>(deadlineMs: number, rootId: string, call: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + deadlineMs;
    try {
      return await this.client.connection.withDeadline(deadline, call);
    } catch (error) {
      throw temporalFailure(error, {
        missing: (cause) => new AuraError("not_found", `host ${this.host} has no sync root ${rootId}`, { fix: SEE, cause }),
        silent: (cause) =>
          new AuraError("host_unreachable", `host ${this.host} does not answer: no aurad works on its queue`, {
            fix: `start aurad on ${this.host}`,
            cause,
          }),
        refusals: Object.keys(ERRORS) as ErrorCode[],
        effect: "changed files wait, and are synced when it is back",
        deadline,
      });
    }
  }
}

const SEE = "see the roots with: aura-msg root list";

function statusOf(state: RootState): RootStatus {
  const { host: _, recent_ticks: __, ...status } = state;
  return status;
}
