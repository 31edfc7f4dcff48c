import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "./engine-port.js";
import type { RootMode } from "./root.js";
import type { SyncReport, TickProgress, TickRequest, Trigger } from "./tick.js";

/** What a person may ask of the roots of one host. Served by aurad over its API, and by any client through `SyncRootWorkflow`. */
export interface RootsControl {
  list(): Promise<readonly RootStatus[]>;
  /** Rejects with AuraError `not_found`, naming the near ones, when there is no such root. `root`: its id or its path. */
  get(root: string): Promise<RootStatus & { readonly recent_ticks: readonly TickRecord[] }>;
  ticks(root: string, limit: number): Promise<readonly TickRecord[]>;
  /** Resolves with the record of the tick that it caused. */
  sync(root: string, request: Omit<TickRequest, "trigger" | "folders">): Promise<TickRecord>;
  /** Of the tick that runs; null when none does. Only from the host itself. */
  progress(root: string): Promise<TickProgress | null>;
  log(root: string, limit: number): Promise<readonly ManifestInfo[]>;
  restore(root: string, path: string, at: RestorePoint): Promise<RestoreReport>;
  gc(root: string, options: { readonly apply: boolean; readonly windowMs: number; readonly historyMs: number }): Promise<GcReport>;
  verify(root: string, options: { readonly repair: boolean }): Promise<VerifyReport>;
}

/** A root as `/v1/roots` tells it. Field names are public. */
export interface RootStatus {
  readonly root_id: string;
  readonly device_id: string;
  /** Absolute. */
  readonly path: string;
  readonly mode: RootMode;
  /** False after a tick that nobody answered. */
  readonly online: boolean;
  readonly last_tick: TickRecord | null;
  /** Of the last tick when it failed or was held; null when all is well. */
  readonly error: string | null;
  readonly in_sync: boolean;
  readonly ticking: boolean;
  readonly watcher: "events" | "poll" | "none";
  readonly interval_s: number;
  readonly next_tick_at: string | null;
}

/** A tick as records, the ring and the history have it. `schema_version`, names and values as the log envelope. */
export interface TickRecord {
  readonly tick_index: number;
  readonly trigger: Trigger;
  /** RFC 3339, UTC. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly outcome: "ok" | "error" | "skip";
  /** With outcome `error`. */
  readonly error?: string;
  /** With outcome `skip`. */
  readonly reason?: "offline";
  /** With outcome `skip`: what did not answer, for people. */
  readonly detail?: string;
  /** With outcome `ok`: the report, its lists cut to what fits a history. */
  readonly sync?: SyncReport;
}
