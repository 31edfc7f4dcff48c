import type { Held } from "../../../sync/tick.js";
import { damaged } from "./failure.js";
import type { Sqlite } from "./sqlite.js";

/** One of this device's manifests that its head names, directly or as a base. */
export interface OwnManifest {
  readonly key: string;
  readonly seq: number;
  readonly entries: number;
}

/** The head of this device as it was written last. */
export interface OwnHead {
  readonly etag: string;
  readonly seq: number;
  /** The manifest and its bases, newest first. */
  readonly chain: readonly OwnManifest[];
}

/** A head that may have been written: nobody knows before it is read. */
export type PendingHead = Omit<OwnHead, "etag">;

interface MetaValues {
  /** Which root and device this is the state of. */
  identity: { readonly rootId: string; readonly deviceId: string };
  /** Random, of this database: tells two writers with one device id apart. */
  instance: string;
  /** The counter of this device's next edits: above all it ever gave. */
  counter: number;
  /** Of the manifest written last, whether its head was or not. */
  seq: number;
  own: OwnHead;
  pending: PendingHead;
  /** What the scans could not look at or read. */
  problems: readonly { readonly path: string; readonly message: string }[];
  /** Deletions here that wait for a person. */
  held: Held;
  /** Folders to look into with the next tick, whatever it is about: a tick failed, or something changed under its hands. */
  again: readonly string[] | "all";
}

export class Meta {
  constructor(
    private readonly db: Sqlite,
    private readonly file: string,
  ) {}

  get<K extends keyof MetaValues>(key: K): MetaValues[K] | null {
    const row = this.db.one("SELECT value FROM meta WHERE key = ?", key);
    if (row === undefined) return null;
    try {
      return JSON.parse(String(row[0])) as MetaValues[K];
    } catch (error) {
      throw damaged(this.file, `its ${key} cannot be read`, error);
    }
  }

  set<K extends keyof MetaValues>(key: K, value: MetaValues[K] | null): void {
    if (value === null) this.db.run("DELETE FROM meta WHERE key = ?", key);
    else this.db.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, JSON.stringify(value));
  }
}
