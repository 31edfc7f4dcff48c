import type { Sqlite } from "./sqlite.js";

/** A head as it was read, with all it names merged. */
export interface SeenHead {
  readonly device: string;
  readonly etag: string;
  readonly manifest: string;
  readonly instance: string;
  readonly seq: number;
}

export class Heads {
  constructor(private readonly db: Sqlite) {}

  all(): SeenHead[] {
    return this.db
      .all("SELECT device, etag, manifest, instance, seq FROM heads ORDER BY device")
      .map(([device, etag, manifest, instance, seq]) => ({
        device: String(device),
        etag: String(etag),
        manifest: String(manifest),
        instance: String(instance),
        seq: Number(seq),
      }));
  }

  /** `objects`: the keys of the manifest and its bases. */
  put({ device, etag, manifest, instance, seq }: SeenHead, objects: readonly string[]): void {
    this.db.run("INSERT OR REPLACE INTO heads VALUES (?, ?, ?, ?, ?)", device, etag, manifest, instance, seq);
    this.db.run("DELETE FROM merged WHERE device = ?", device);
    for (const object of objects) this.db.run("INSERT OR IGNORE INTO merged VALUES (?, ?)", device, object);
  }

  forget(device: string): void {
    this.db.run("DELETE FROM heads WHERE device = ?", device);
    this.db.run("DELETE FROM merged WHERE device = ?", device);
  }

  isMerged(object: string): boolean {
    return this.db.one("SELECT 1 FROM merged WHERE manifest = ? LIMIT 1", object) !== undefined;
  }
}
