import { type Client } from "@temporalio/client";
import { rootNamed } from "../api/root-names.js";
import { WorkflowRoots } from "../api/workflow-roots.js";
import { AuraError } from "../shared/errors.js";
import type { RootsControl, RootStatus, TickRecord } from "../sync/control.js";
import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "../sync/engine-port.js";
import type { TickProgress, TickRequest } from "../sync/tick.js";
import { isGone } from "./host-line.js";
import type { HostRoots } from "./host-roots.js";
import type { OpenRoot } from "./open-root.js";

const RECENT = 10;

/**
 * The roots as this host's API serves them: what is known and what needs no tick from the roots themselves, with Temporal
 * or without; a tick through the root's workflow.
 */
export class LocalRoots implements RootsControl {
  /** `roots`: undefined while there are none. */
  constructor(
    private readonly host: string,
    private readonly roots: () => HostRoots | undefined,
    private readonly client: () => Client | undefined,
  ) {}

  async list(): Promise<readonly RootStatus[]> {
    return (this.roots()?.all() ?? []).map(({ status }) => status);
  }

  async get(root: string): Promise<RootStatus & { readonly recent_ticks: readonly TickRecord[] }> {
    const found = this.named(root);
    return { ...found.status, recent_ticks: found.ring.slice(RECENT) };
  }

  async ticks(root: string, limit: number): Promise<readonly TickRecord[]> {
    return this.named(root).ring.slice(limit);
  }

  /** The history has the record with its lists cut; this host still has it whole. */
  async sync(root: string, request: Omit<TickRequest, "trigger" | "folders">): Promise<TickRecord> {
    const found = this.named(root);
    const record = await this.ask(found, (workflow) => workflow.sync(found.id, request));
    const whole = found.ring.find(record.tick_index);
    return whole?.started_at === record.started_at ? whole : record;
  }

  async progress(root: string): Promise<TickProgress | null> {
    return this.named(root).progress;
  }

  async log(root: string, limit: number): Promise<readonly ManifestInfo[]> {
    return this.loaded(root).log(root, limit);
  }

  async restore(root: string, path: string, at: RestorePoint): Promise<RestoreReport> {
    return this.loaded(root).restore(root, path, at);
  }

  async gc(root: string, options: { readonly apply: boolean; readonly windowMs: number; readonly historyMs: number }): Promise<GcReport> {
    return this.loaded(root).gc(root, options);
  }

  async verify(root: string, options: { readonly repair: boolean }): Promise<VerifyReport> {
    return this.loaded(root).verify(root, options);
  }

  private named(root: string): OpenRoot {
    return this.loaded(root).named(root);
  }

  private loaded(root: string): HostRoots {
    const roots = this.roots();
    if (roots === undefined) rootNamed(root, [], this.host);
    return roots!;
  }

  private async ask<T>(root: OpenRoot, call: (workflow: WorkflowRoots) => Promise<T>): Promise<T> {
    const client = this.client();
    if (client === undefined)
      throw new AuraError("temporal_unreachable", "aurad has no connection to Temporal", {
        effect: "changed files wait, and are synced when it is back",
        fix: "try again when it is back",
      });
    const workflow = new WorkflowRoots(client, this.host);
    try {
      return await call(workflow);
    } catch (error) {
      if (!isGone(error)) throw error;
      await root.attachNow();
      return call(workflow);
    }
  }
}
