/**
 * What one path of a root is, in one version. Two versions are compared by their vectors alone: clocks decide nothing.
 *
 * `vector`: how many changes of each device this version has seen, so that a version which has seen all that another has
 * (`dominates`) replaces it, and two that have not seen each other are a conflict.
 */
export interface Entry {
  readonly content: Content;
  readonly vector: Vector;
  /** The device that made this version. */
  readonly by: string;
  /** Of the file when the version was made, ms since 1970: set on the copies, named in conflict copies, never compared. */
  readonly mtimeMs: number;
}

export type Vector = Readonly<Record<string, number>>;

export type Content = FileContent | DirContent | LinkContent | GoneContent;

export interface FileContent {
  readonly type: "file";
  /** SHA-256 of its bytes, 64 hex digits. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  /** The owner may execute it. */
  readonly exec: boolean;
}

export interface DirContent {
  readonly type: "dir";
}

export interface LinkContent {
  readonly type: "link";
  /** As written in the link; never followed. */
  readonly target: string;
}

/** Deleted. Kept so that the deletion reaches everybody, and nobody brings the file back. */
export interface GoneContent {
  readonly type: "gone";
}

/** Where the bytes of a hash are in the bucket, below `roots/ROOT_ID/`. */
export interface Location {
  /** `packs/…` or `blobs/…`. */
  readonly object: string;
  /** First byte of it in that object. */
  readonly offset: number;
}

/**
 * Relative to the root, parts joined by `/`, no part empty, `.` or `..`; as the file system spells it (no normalisation).
 */
export type Path = string;
