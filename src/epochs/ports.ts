import type { AuditEvent, AuditFilter } from "./audit.js";
import type { SliceKey, SliceResult, SliceRun } from "./slice.js";

/**
 * Where audit events are kept: `memory`, `sqlite`, or `temporal` (the workflow itself). One conformance suite holds for all.
 */
export interface AuditTrail {
  /** For the log line `Audit trail initialized (BACKEND)`. */
  readonly name: string;
  /**
   * Appends events of one epoch, seq ascending without gaps. Durable when it resolves. Repeats are ignored: the key is
   * (epoch_id, seq). Resolves to the seq that it wants next: when events are missing before the first given one
   * nothing is stored, and the caller sends from there. A different hash under a known seq rejects (`audit_conflict`).
   */
  append(epochId: string, events: readonly AuditEvent[]): Promise<number>;
  /** By seq. An unknown epoch has none. */
  read(epochId: string, filter?: AuditFilter): Promise<readonly AuditEvent[]>;
  close(): Promise<void>;
}

/** Failure type of the activity that gave its wait for a slice up because aurad stops: the slice runs on. Stored in histories. */
export const AURAD_STOPPING = "aurad_stopping";

/** The processes of slices on this host, found again after a kill of aurad. */
export interface SliceRunsPort {
  /**
   * Starts the attempt, or finds it again when it was started before: it never runs twice. `started` is called with the pid
   * once it runs. Resolves when it ended and nothing of its tree is left. A command that cannot be executed is an outcome
   * `failed`, not a rejection. When `signal` aborts, the wait ends (rejects) and the process runs on.
   */
  run(run: SliceRun, started: (pid: number) => void, signal: AbortSignal): Promise<SliceResult>;
  /** Ends the whole tree of an attempt, asked first, killed after; resolves when nothing is left. No such run: resolves; it will never start. */
  stop(key: SliceKey, reason: string): Promise<void>;
  /** Attempts that an earlier aurad began and whose result nobody has collected yet. */
  unfinished(): readonly SliceKey[];
  /** The result has been taken over by the workflow: what is kept of the run but its log can go. */
  collected(key: SliceKey): void;
}

export interface SliceLogQuery {
  readonly epoch_id: string;
  readonly slice_id: string;
  /** Default: the newest that this host has. */
  readonly attempt?: number;
  readonly lines: number;
}

/** What slices wrote, read on the host that ran them: log text never goes through a history. */
export interface SliceLogsPort {
  /** The last lines of an attempt, oldest first. AuraError `not_found` when this host has no such log. */
  tail(query: SliceLogQuery): Promise<readonly string[]>;
  /** Yields lines as they are written, starting with the tail; ends when the attempt has ended or the signal aborts. */
  follow(query: SliceLogQuery, signal: AbortSignal): AsyncIterable<string>;
}
