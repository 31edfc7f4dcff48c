import type { Location, Path } from "../../../sync/entry.js";
import type { FileStat } from "../../../sync/ports.js";
import { statText } from "./row-text.js";
import type { Sqlite } from "./sqlite.js";

/**
 * What was uploaded this long ago and never told is not relied on any more: content that no manifest names may be deleted
 * after a day.
 */
const RELIED_ON_MS = 6 * 3_600_000;

/** An object with the contents that this device put into it. */
export interface UploadedObject {
  readonly object: string;
  readonly files: readonly { readonly hash: string; readonly offset: number }[];
}

/** Content of the bucket that no entry here tells of, and files that were read for an entry that is not made yet. */
export class Places {
  constructor(private readonly db: Sqlite) {}

  /** Uploaded, and in no entry yet. */
  uploaded({ object, files }: UploadedObject, nowMs: number): void {
    const contents = JSON.stringify(files.map(({ hash, offset }) => [hash, offset]));
    this.db.run("INSERT OR REPLACE INTO uploaded VALUES (?, ?, ?)", object, contents, nowMs);
  }

  allUploaded(): Map<string, Location> {
    const places = new Map<string, Location>();
    for (const [object, files] of this.db.all("SELECT object, files FROM uploaded")) {
      for (const [hash, offset] of JSON.parse(String(files)) as [string, number][]) places.set(hash, { object: String(object), offset });
    }
    return places;
  }

  /** What was uploaded is told, or too old to rely on. */
  forgetUploaded(before: { readonly nowMs: number } | "all"): void {
    if (before === "all") this.db.run("DELETE FROM uploaded");
    else this.db.run("DELETE FROM uploaded WHERE abs(time - ?) > ?", before.nowMs, RELIED_ON_MS);
  }

  /** Another place of a content that is elsewhere too. */
  also(hash: string, { object, offset }: Location): void {
    this.db.run("INSERT OR IGNORE INTO places VALUES (?, ?, ?)", hash, object, offset);
  }

  others(hash: string): Location[] {
    const rows = this.db.all("SELECT object, at FROM places WHERE hash = ?", hash);
    return rows.map(([object, at]) => ({ object: String(object), offset: Number(at) }));
  }

  /** These objects are lost. */
  forget(isLost: (object: string) => boolean): void {
    for (const table of ["uploaded", "places"]) {
      const objects = this.db.all(`SELECT DISTINCT object FROM ${table}`).map(([object]) => String(object));
      for (const object of objects) if (isLost(object)) this.db.run(`DELETE FROM ${table} WHERE object = ?`, object);
    }
  }

  /** Large files: reading them again after a crash would take long. */
  hashed(path: Path, stat: FileStat, hash: string): void {
    this.db.run("INSERT OR REPLACE INTO hashed VALUES (?, ?, ?)", path, statText(stat), hash);
  }

  hashOf(path: Path, stat: FileStat): string | null {
    const row = this.db.one("SELECT hash FROM hashed WHERE path = ? AND stat = ?", path, statText(stat));
    return row === undefined ? null : String(row[0]);
  }

  forgetHashed(): void {
    this.db.run("DELETE FROM hashed");
  }
}
