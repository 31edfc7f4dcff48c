import type { Content, Path } from "./entry.js";

/*
 * What the engine needs of the world. All paths are relative to the root (`Path`), all keys to the root's prefix in the
 * bucket (`roots/ROOT_ID/`). Nothing here ever names a credential in an error or a log.
 */

/** One bucket and prefix. Implemented by adapters/s3 (real) and adapters/s3/memory (for tests; the same conformance suite). */
export interface ObjectStore {
  /** The whole object, or `length` bytes from `offset`. Rejects with StoreError `not_found`, `corrupt`, … */
  get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array>;
  /** For what is too large for memory: pieces in order, `length` bytes in all or a StoreError. */
  read(key: string, range: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** In one request. `ifAbsent`: rejects with `precondition` when the key is there; `ifMatch`: when its ETag is another. */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<{ readonly etag: string }>;
  /**
   * In one request whose body is read as it is sent, from the start for each attempt. Rejects with `changed` when `source`
   * cannot be read, or `beforeEnd` rejects: nothing is in the bucket then.
   */
  putFile(key: string, source: FileSource, options: PutFileOptions): Promise<{ readonly etag: string }>;
  /**
   * A file larger than one part, in parts, several at once. `resume` goes on where an earlier call was cut off; `onProgress`
   * tells what to remember for that (called after the upload was created and after each part) and how far it is.
   * `source` is asked for the bytes of each part, maybe twice. Rejects with `changed` when `source` throws SourceChanged.
   */
  putParts(key: string, source: FileSource, options: PutPartsOptions): Promise<{ readonly etag: string }>;
  /** In the order of keys. */
  list(prefix: string, options?: { readonly after?: string; readonly signal?: AbortSignal }): AsyncIterable<ObjectInfo>;
  /** Up to any number; those that are not there are none the less done. */
  delete(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Multipart uploads that were begun and neither completed nor aborted. */
  listUploads(prefix: string, signal?: AbortSignal): AsyncIterable<PendingUpload>;
  abortUpload(key: string, uploadId: string): Promise<void>;
  /** Requests made so far by S3 operation (`PutObject`, `GetObject`, `ListObjectsV2`, …), retries included. */
  requests(): Readonly<Record<string, number>>;
  close(): void;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface PutOptions {
  readonly ifAbsent?: boolean;
  readonly ifMatch?: string;
  /** Of the body, hex; where it is known already. */
  readonly sha256?: string;
  readonly signal?: AbortSignal;
}

export interface FileSource {
  /** Bytes in all. */
  readonly size: number;
  read(range: ByteRange): Promise<Uint8Array>;
}

export interface PutFileOptions {
  /** Of all its bytes, hex: a server that gets others refuses them. */
  readonly sha256: string;
  /** How many bytes are on their way; fewer than before when the request is tried again. */
  readonly onSent?: (bytes: number) => void;
  readonly signal?: AbortSignal;
  /** Called with the last bytes read, before they are sent. */
  readonly beforeEnd?: () => void;
}

export interface PutPartsOptions {
  readonly resume?: UploadState;
  readonly onProgress?: (state: UploadState) => void;
  readonly ifAbsent?: boolean;
  readonly signal?: AbortSignal;
  /** Called with all parts uploaded, before they are put together: a rejection aborts the upload and is passed on. */
  readonly beforeComplete?: () => Promise<void>;
}

export interface UploadState {
  readonly uploadId: string;
  readonly partSize: number;
  /** By part number, from 1. */
  readonly parts: Readonly<Record<number, { readonly etag: string }>>;
}

export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  /** Empty where the server gives none. */
  readonly etag: string;
  /** By the server's clock. */
  readonly modifiedMs: number;
}

export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedMs: number;
}

/** `offline`: nobody answers (no network, refused, timed out, 500 and 503 after all retries). */
export type StoreErrorKind =
  | "offline"
  | "denied"
  | "no_bucket"
  | "not_found"
  | "precondition"
  | "corrupt"
  | "changed"
  | "unsupported"
  | "failed"
  | "aborted";

/** What an ObjectStore rejects with. `message` is one line with what and why, and never a credential. */
export class StoreError extends Error {
  constructor(
    readonly kind: StoreErrorKind,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = "StoreError";
  }
}

/** The folder of one root. Implemented by adapters/files/root. Synchronous where noted: the engine has a thread of its own. */
export interface RootFolder {
  /** Absolute. */
  readonly path: string;
  /** Whether names differ by case, and by Unicode normalisation, in this folder. Found out when it is opened. */
  readonly caseSensitive: boolean;
  readonly normalizationSensitive: boolean;
  /**
   * Walks the folder, or only the given folders (not below them, unless `deep` names them), calls `visit` for everything
   * that is not ignored. `.aura` is never visited. Synchronous. Problems (unreadable folder, odd names, sockets) are
   * returned, and what is below them counts as unseen: never as deleted. Throws AuraError when the root itself cannot be read.
   */
  scan(visit: (path: Path, stat: FileStat) => void, scope?: ScanScope): ScanResult;
  /** Null when there is nothing. Synchronous. */
  stat(path: Path): FileStat | null;
  readLink(path: Path): string;
  /** The whole file, for small ones. Throws SourceChanged when its stat before and after differ from `expected`. Synchronous. */
  readFile(path: Path, expected: FileStat): Uint8Array;
  /** A large file piece by piece; `close` throws SourceChanged when it was changed meanwhile. */
  openFile(path: Path, expected: FileStat): OpenFile;
  /** The file system's own clock, ms since 1970: a file changed within 20 ms of it may change again unseen. */
  now(): number;
  isIgnored(path: Path, isDir: boolean): boolean;
  /** Reads `.aura/ignore` again. Lines that are no patterns are left out and told by every scan. */
  reloadIgnore(): void;

  /** A temporary file in `.aura/tmp`, on the same file system. */
  createTemp(): TempFile;
  /** Empties `.aura/tmp` of what a crash left. */
  cleanTemp(): void;
  /**
   * Puts a finished temporary file, a directory or a link at `path`, where `expected` is now (null: nothing). What was there
   * goes to the trash. Never overwrites what it did not expect: returns `changed` then and leaves everything as it was.
   * Atomic: whoever looks sees the old or the new. The parent directory has to be there.
   */
  place(path: Path, content: Content, temp: TempFile | null, expected: FileStat | null, mtimeMs: number): Placed;
  /** Copies a file of the root into a temporary one (reflink where possible) and returns its hash. */
  copyToTemp(from: Path): { readonly temp: TempFile; readonly hash: string };
  /** Moves within the root, when `from` is as expected and nothing is at `to`. */
  rename(from: Path, to: Path, expected: FileStat): Placed;
  /** To the trash, when it is as expected; a directory only when it is empty of all but ignored files, which keep it. */
  remove(path: Path, expected: FileStat): Placed;
  setExec(path: Path, exec: boolean, expected: FileStat): Placed;
  /** Makes what was placed since the last call durable (fsync of the directories). */
  flush(): void;
  /** Deletes what is in the trash for longer than `days`; 0 or more. Returns files deleted. */
  emptyTrash(days: number, nowMs: number): number;
  close(): void;
}

export type Placed =
  | { readonly result: "done"; readonly stat: FileStat }
  | { readonly result: "changed" }
  | { readonly result: "kept"; readonly why: string };

export interface ScanScope {
  /** Folders whose direct content is looked at; "" is the root. Those that are gone are reported as gone. */
  readonly folders: readonly Path[];
  /** Asked for each folder found in one of these: whether to look into it too, and so on down. Absent: never. */
  readonly deep?: (folder: Path) => boolean;
}

export interface ScanResult {
  /** Folders that were looked at and are complete: a known path directly in one of them that was not visited is deleted. */
  readonly complete: ReadonlySet<Path> | "all";
  /** Of the scope's folders, those that are no folders any more: with everything below them they are deleted. Topmost only. */
  readonly gone: readonly Path[];
  /** A path that has a problem is unseen, not deleted, even where its folder is complete. */
  readonly problems: readonly PathProblem[];
}

export interface PathProblem {
  readonly path: Path;
  /** One line, with the fix. */
  readonly message: string;
}

/** What tells, without reading a file, that it has not changed. Numbers fit a double: times in ns are kept as ms with fraction. */
export interface FileStat {
  readonly type: "file" | "dir" | "link";
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly ino: number;
  readonly exec: boolean;
}

export interface OpenFile {
  read(range: ByteRange): Uint8Array;
  close(): void;
}

export interface TempFile {
  /** Absolute. */
  readonly path: string;
  write(bytes: Uint8Array): void;
  /** Brings it to the disk, unless somebody has done that, and closes it. */
  finish(isOnDisk?: boolean): void;
  /** Removes it; harmless when it was placed. */
  discard(): void;
}

/** A file changed while it was read: nothing is wrong, the tick plans it anew. */
export class SourceChanged extends Error {
  constructor(readonly path: Path) {
    super(`${path} changed while it was read`);
    this.name = "SourceChanged";
  }
}

/** Watches a root's folders. Implemented by adapters/files/watcher. */
export interface WatcherPort {
  /**
   * Calls back with the folders (`Path`) in which something happened, coalesced by `debounceMs` of quiet, at most 20 times
   * that after the first event; `"all"` when events were lost. Rejects with AuraError `watcher_failed`, naming the sysctl.
   */
  watch(root: WatchRequest, onChange: (folders: readonly Path[] | "all") => void): Promise<Watching>;
}

export interface WatchRequest {
  /** Absolute. */
  readonly path: string;
  readonly debounceMs: number;
  /** `poll`: look at the folders' times every few seconds when the kernel gives no more watches. */
  readonly fallback: "fail" | "poll";
  readonly isIgnored: (path: Path, isDir: boolean) => boolean;
}

export interface Watching {
  /** Ignore rules have changed: folders that are ignored now are let go, others taken in. */
  refresh(): Promise<void>;
  close(): Promise<void>;
  /** `poll` after the kernel gave no more watches. */
  readonly mode: "events" | "poll";
}
