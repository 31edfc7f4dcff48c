/** What `root.toml` says. Checked by `parseRoot`; `.aura/root.toml` in the folder is authoritative once it exists. */
export interface RootIdentity {
  /** The same on every device: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly rootId: string;
  /** Another on every device; the same shape. */
  readonly deviceId: string;
  readonly mode: RootMode;
  readonly remote: Remote;
}

/** `push`: nothing of others is taken. `pull`: nothing of here is told. */
export type RootMode = "bidirectional" | "push" | "pull";

export interface Remote {
  readonly bucket: string;
  /** The vendor's own when absent. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Bucket in the path instead of the host name. */
  readonly pathStyle: boolean;
}

/** How a root is run, from `aura.toml`; the same for each unless `[[roots]]` says otherwise. */
export interface RootLimits {
  /** Bytes a second; null: none. Shared by all roots. */
  readonly uploadLimit: number | null;
  readonly downloadLimit: number | null;
  /** Requests that carry content, at once. */
  readonly maxTransfers: number;
  /** A tick that deletes more than this share (0 to 1) and at least 20 files waits for a person. */
  readonly maxDelete: number;
  readonly trashDays: number;
}
