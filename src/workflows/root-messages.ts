import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { RootStatus, TickRecord } from "../sync/control.js";
import type { GcReport, ManifestInfo, RestoreReport, VerifyReport } from "../sync/engine-port.js";
import type { RootMode } from "../sync/root.js";
import type { Schedule, Wake } from "../sync/schedule.js";

// Names and fields are stored in histories: never rename one.

/** What the host's aurad tells of its root when it connects: the truth of this moment. */
export interface RootAttach {
  /** Another one each time that aurad opens the root: a new one causes the tick at the start. */
  readonly boot: string;
  readonly device_id: string;
  /** Absolute. */
  readonly path: string;
  readonly mode: RootMode;
  readonly interval_ms: number;
  readonly watcher: RootStatus["watcher"];
}

export interface SyncAsk {
  readonly dry_run?: boolean;
  readonly confirm?: boolean;
}

/** One of the last two. */
export interface RestoreAsk {
  readonly path: string;
  /** Its id, or the beginning of it. */
  readonly manifest?: string;
  /** Ms since 1970. */
  readonly time_ms?: number;
}

export interface GcOptions {
  readonly apply: boolean;
  readonly window_ms: number;
  readonly history_ms: number;
}

export interface RootState extends RootStatus {
  readonly host: string;
  /** Oldest first; their lists cut to what fits a history. */
  readonly recent_ticks: readonly TickRecord[];
}

export const rootAttachSignal = defineSignal<[RootAttach]>("attach");
export const wakeSignal = defineSignal<[Wake]>("wake");
/** The root is none of this host's any more: the workflow completes. */
export const rootRemovedSignal = defineSignal("removed");

/** Answers with the record of a tick that began after it was asked for. */
export const syncUpdate = defineUpdate<TickRecord, [SyncAsk]>("sync");
export const restoreUpdate = defineUpdate<RestoreReport, [RestoreAsk]>("restore");
export const gcUpdate = defineUpdate<GcReport, [GcOptions]>("gc");
export const verifyUpdate = defineUpdate<VerifyReport, [{ readonly repair: boolean }]>("verify");
export const manifestsUpdate = defineUpdate<readonly ManifestInfo[], [{ readonly limit: number }]>("log");

export const rootStateQuery = defineQuery<RootState>("state");

export interface RootInput {
  readonly host: string;
  readonly root_id: string;
  readonly carried?: RootCarried;
}

/** Carried over continue-as-new. */
export interface RootCarried {
  readonly attached: RootAttach | null;
  readonly schedule: Schedule;
  readonly next_index: number;
  /** Oldest first. */
  readonly recent: readonly TickRecord[];
}
