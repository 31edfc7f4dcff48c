import type { AuditEvent } from "../epochs/audit.js";
import type { SliceKey, SliceResult, SliceRun } from "../epochs/slice.js";
import type { Cause } from "../services/snapshot.js";
import type { SpecOutline } from "../services/spec.js";
import type { TickRecord } from "../sync/control.js";
import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "../sync/engine-port.js";
import type { TickRequest } from "../sync/tick.js";
import type { GcOptions } from "./root-messages.js";

/** One order for the guardian. `seq` makes a retried activity harmless: an order that is not newer is ignored. */
export interface NumberedOrder {
  readonly kind: "start" | "stop" | "restart";
  readonly name: string;
  readonly seq: number;
  readonly cause: Cause;
}

export interface Orders {
  readonly orders: readonly NumberedOrder[];
  readonly pending: Readonly<Record<string, string>>;
}

export interface LoadedSpecs {
  readonly outlines: readonly SpecOutline[];
  readonly errors: readonly string[];
}

/** The activities of a host, run on its own queue by the aurad that owns its processes. */
export interface HostActivities {
  /**
   * Starts, stops and restarts a whole wave. Returns once the orders are taken; what follows arrives as observations.
   * The names it returns are not known here any more.
   */
  carryOut(orders: Orders): Promise<readonly string[]>;
  /** Reads the spec directory. */
  loadSpecs(): Promise<LoadedSpecs>;
}

/** Activities of epochs, run on the epochs' queue by any aurad of the namespace. */
export interface EpochActivities {
  /** Appends to the audit trail of the aurad that runs it; resolves to the seq that it wants next. Idempotent. */
  recordAudit(epochId: string, events: readonly AuditEvent[]): Promise<number>;
  /** The workflow's next task does not wait for the aurad that had its last one, which may be gone. Never rejects. */
  leaveLastWorker(workflowId: string): Promise<void>;
}

/** One tick, as its workflow orders it. */
export interface TickOrder {
  readonly root_id: string;
  readonly tick_index: number;
  readonly request: TickRequest;
}

/**
 * Activities of sync roots, run on the queue of the host that has the folder. None is retried: what went wrong is a result,
 * or a failure whose type is an error code.
 */
export interface SyncRootActivities {
  /**
   * Syncs once; heartbeats meanwhile. The record's lists are cut to what fits a history. Null: the host has no such root
   * any more. May run again after a crash: a tick goes on where another one was cut off.
   */
  tickRoot(order: TickOrder): Promise<TickRecord | null>;
  restoreRoot(rootId: string, path: string, at: RestorePoint): Promise<RestoreReport>;
  collectRoot(rootId: string, options: GcOptions): Promise<GcReport>;
  verifyRoot(rootId: string, options: { readonly repair: boolean }): Promise<VerifyReport>;
  manifestsOfRoot(rootId: string, limit: number): Promise<readonly ManifestInfo[]>;
}

/** Activities of slices, run on the queue of the host that the slice is bound to. */
export interface SliceActivities {
  /** Starts the attempt or finds it again, and waits for its end; heartbeats meanwhile. Never starts an attempt twice. */
  runSlice(run: SliceRun): Promise<SliceResult>;
  /** Ends the attempt's process tree. Idempotent; an attempt that was never started never will be. */
  stopSlice(key: SliceKey, reason: string): Promise<void>;
}
