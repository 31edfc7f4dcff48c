import type { UploadState } from "../../../sync/ports.js";
import { damaged } from "./failure.js";
import type { Sqlite } from "./sqlite.js";

/** Multipart uploads of this device that were begun and not ended, to go on with after a crash. */
export class Uploads {
  constructor(
    private readonly db: Sqlite,
    private readonly file: string,
  ) {}

  get(object: string, size: number): UploadState | null {
    const row = this.db.one("SELECT state FROM uploads WHERE object = ? AND size = ?", object, size);
    return row === undefined ? null : this.parsed(row[0]);
  }

  put(object: string, size: number, state: UploadState): void {
    this.db.run("INSERT OR REPLACE INTO uploads VALUES (?, ?, ?)", object, size, JSON.stringify(state));
  }

  forget(object: string): void {
    this.db.run("DELETE FROM uploads WHERE object = ?", object);
  }

  all(): { readonly object: string; readonly uploadId: string }[] {
    const rows = this.db.all("SELECT object, state FROM uploads");
    return rows.map(([object, state]) => ({ object: String(object), uploadId: this.parsed(state).uploadId }));
  }

  private parsed(state: unknown): UploadState {
    try {
      return JSON.parse(String(state)) as UploadState;
    } catch (error) {
      throw damaged(this.file, "an upload to go on with cannot be read", error);
    }
  }
}
