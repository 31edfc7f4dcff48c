import type { Path } from "./entry.js";

/** Why a tick runs. Stored in histories and records. `notice`: another host's journal says that a head moved. */
export type Trigger = "startup" | "watcher" | "head-poll" | "interval" | "manual" | "notice";

/** What a tick is asked to do. */
export interface TickRequest {
  readonly trigger: Trigger;
  /** Folders in which something happened; absent: the whole root is scanned. */
  readonly folders?: readonly Path[];
  readonly dryRun?: boolean;
  /** A person has seen what would be deleted. */
  readonly confirm?: boolean;
}

/** What a tick did: `aura-msg sync --json`, and `sync` of a `tick_end` record. Field names are stored and public. */
export interface SyncReport {
  readonly schema_version: 1;
  readonly root_id: string;
  readonly device_id: string;
  readonly dry_run: boolean;
  /** Of this device, after the tick; null before its first. */
  readonly manifest_id: string | null;
  readonly uploaded: Amount;
  readonly downloaded: Amount;
  /** Files that were moved here because they were renamed elsewhere. */
  readonly renamed: number;
  /** Deletions of others carried out here (files, links and directories), and those of here told to others. */
  readonly deleted: { readonly here: number; readonly told: number };
  /** Conflict copies that this tick made. */
  readonly conflicts: readonly Path[];
  /** What could not be synced, and why; everything else was. At most 100, `problems_total` in all. */
  readonly problems: readonly { readonly path: Path; readonly message: string }[];
  readonly problems_total: number;
  /** Set when the brake holds deletions back: nothing was deleted, here or elsewhere. */
  readonly held: Held | null;
  /** S3 requests by operation. */
  readonly requests: Readonly<Record<string, number>>;
  readonly scanned: number;
  /** In a dry run, what would be done; at most 1000. */
  readonly plan?: readonly { readonly action: PlannedAction; readonly path: Path; readonly from?: Path }[];
  /** Everything that is here is uploaded, and everything that the other devices have told is here. */
  readonly in_sync: boolean;
  readonly duration_ms: number;
}

export interface Held {
  /** Files and links that would be deleted, renamed ones not counted, and how many there are. */
  readonly deletes: number;
  readonly of: number;
  readonly reason: string;
  /** The first of them, in the order of paths; at most 100. */
  readonly paths?: readonly Path[];
}

export interface Amount {
  readonly files: number;
  readonly bytes: number;
}

export type PlannedAction = "upload" | "tell" | "delete-told" | "download" | "rename" | "delete" | "conflict";

export type TickOutcome =
  | { readonly kind: "ok"; readonly report: SyncReport }
  /** Nobody answers at the endpoint: tried again with the next tick. */
  | { readonly kind: "offline"; readonly reason: string }
  | { readonly kind: "error"; readonly code: string; readonly message: string };

/** How far a running tick is, for a progress bar. */
export interface TickProgress {
  readonly stage: "scan" | "upload" | "publish" | "download" | "apply";
  readonly files: number;
  readonly filesTotal: number;
  readonly bytes: number;
  readonly bytesTotal: number;
}
