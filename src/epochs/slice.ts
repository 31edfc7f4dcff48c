export const SLICE_MODES = ["mock", "subprocess", "tmux"] as const;
export type SliceMode = (typeof SLICE_MODES)[number];

/** One slice of a plan, defaults filled in. Part of workflow inputs: no secrets, no env values. */
export interface PlannedSlice {
  readonly id: string;
  readonly title: string;
  readonly mode: SliceMode;
  /** A text runs under `sh -c`; a list is executed as it is. null: mock. */
  readonly command: string | readonly string[] | null;
  /** Absolute. */
  readonly working_dir: string;
  readonly timeout_s: number;
  readonly heartbeat_s: number;
  /** Slices that have to succeed first. */
  readonly needs: readonly string[];
  /** How many times a failed attempt is repeated. */
  readonly retries: number;
  /** Names; two slices that share one never run side by side. */
  readonly resources: readonly string[];
  /** Where it runs; null: the epoch's host. */
  readonly host: string | null;
  /** The production code path it owns; two slices never share one. */
  readonly path?: string;
  /** Leaf tasks, such as L1, L2, L3. */
  readonly leaves?: readonly string[];
}

export interface SlicePlan {
  readonly slices: readonly PlannedSlice[];
  /** At most so many run side by side. */
  readonly max_parallel: number;
  /** The first slice that fails for good cancels the others. */
  readonly fail_fast: boolean;
}

export type SliceOutcome = "succeeded" | "failed" | "timed_out" | "cancelled";

/**
 * waiting: for its needs, for room, for a resource, or for phase p9. starting: its workflow was started.
 * lost: its host has not been heard of for its heartbeat. The last four are final until it is retried.
 */
export type SliceState = "waiting" | "starting" | "running" | "lost" | SliceOutcome;

export interface SliceStatus {
  readonly id: string;
  readonly state: SliceState;
  /** 0 before the first start. */
  readonly attempt: number;
  /** Attempts that count against `retries`; a retry by a person starts anew. */
  readonly failures: number;
  /** Review-fix cycles so far; at most three, then the architect decides. */
  readonly cycles: number;
  readonly host: string;
  readonly pid: number | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  /** In a line: why it waits, what ended it. */
  readonly reason: string;
  readonly output: string;
  readonly error: string;
  /** Its attempt is to be ended, and why; there until the report of its end. Its place is not free before. */
  readonly stopping?: string;
  /** Where it starts again once its attempt has been ended. */
  readonly moves_to?: string;
  /** The slice whose failure cancelled this one (fail-fast); a retry of that one brings it back. */
  readonly cancelled_by?: string;
}

/** Between an attempt's workflow and the host that runs it. */
export interface SliceRun {
  readonly epoch_id: string;
  /** Tells the epoch from an earlier one of the same id whose history is gone: what that one ran is not this one's. */
  readonly epoch_started_at?: string;
  readonly slice_id: string;
  readonly attempt: number;
  readonly mode: Exclude<SliceMode, "mock">;
  readonly command: string | readonly string[];
  readonly working_dir: string;
  readonly timeout_s: number;
  /** Set in the command's environment. */
  readonly phase: string;
  readonly role: string;
}

export type SliceKey = Pick<SliceRun, "epoch_id" | "epoch_started_at" | "slice_id" | "attempt">;

export interface SliceResult {
  readonly outcome: SliceOutcome;
  /** As a shell sees it (128+n for signal n); null when unknown. */
  readonly exit_status: number | null;
  /** In a line. */
  readonly reason: string;
  /** Duration in ms, of the process. */
  readonly ms: number;
}
