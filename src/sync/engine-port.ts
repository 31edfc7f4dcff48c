import type { RootIdentity, RootLimits } from "./root.js";
import type { TickOutcome, TickProgress, TickRequest } from "./tick.js";

/** One open root. Implemented by adapters/sync; ticks of one root run one after the other, those of two beside each other. */
export interface RootEngine {
  readonly identity: RootIdentity;
  /** Never rejects. Aborting `signal` ends it soon, at a point where nothing is half done. */
  tick(request: TickRequest, onProgress?: (progress: TickProgress) => void, signal?: AbortSignal): Promise<TickOutcome>;
  /** Whether `path` is left alone, by `.aura/ignore` as it is now. */
  isIgnored(path: string, isDir: boolean): boolean;
  /** Reads `.aura/ignore` again. */
  reloadIgnore(): void;
  /** ETags (sizes where a server gives none) of the heads that ticks have read, by device; kept over restarts. The head poll takes them for known. */
  seenHeads?(): SeenHeads | Promise<SeenHeads>;
  /** The heads that are in the bucket now, in the same form: one LIST, beside a tick that may run. Rejects with StoreError. */
  listHeads?(signal?: AbortSignal): Promise<SeenHeads>;
  log(limit: number): Promise<readonly ManifestInfo[]>;
  /** Puts `path` (a file, or a folder and all in it) back as it was; what is there now goes to the trash. */
  restore(path: string, at: RestorePoint): Promise<RestoreReport>;
  /** Content that nothing needs: lists it, and deletes it with `apply`. */
  gc(options: { readonly apply: boolean; readonly windowMs: number; readonly historyMs: number }): Promise<GcReport>;
  /** Reads content back and checks it; repairs what this device still has. */
  verify(options: { readonly repair: boolean; readonly onProgress?: (progress: TickProgress) => void }): Promise<VerifyReport>;
  close(): Promise<void>;
}

/** Opens roots. Rejects with AuraError: `root_missing` (66), `state_unreadable` (73), `config_invalid` (64). */
export interface EnginePort {
  open(root: { readonly path: string; readonly limits: RootLimits }): Promise<RootEngine>;
}

export type SeenHeads = Readonly<Record<string, string>>;

/** `manifest`: an id, or its beginning. */
export type RestorePoint = { readonly manifest: string } | { readonly timeMs: number };

export interface ManifestInfo {
  readonly id: string;
  readonly device: string;
  /** By the clock of that device; for people. */
  readonly timeMs: number;
  readonly seq: number;
}

export interface RestoreReport {
  readonly manifest: string;
  readonly restored: readonly string[];
  readonly unchanged: number;
  /** Entries that its list lacks because it went through a history. */
  readonly left_out?: number;
}

export interface GcReport {
  readonly objects: readonly { readonly key: string; readonly size: number }[];
  readonly bytes: number;
  readonly uploads: number;
  readonly deleted: boolean;
  /** Entries that its list lacks because it went through a history. */
  readonly left_out?: number;
}

export interface VerifyReport {
  readonly objects: number;
  readonly bytes: number;
  readonly bad: readonly { readonly path: string; readonly message: string; readonly repaired: boolean }[];
  /** Entries that its list lacks because it went through a history. */
  readonly left_out?: number;
}
