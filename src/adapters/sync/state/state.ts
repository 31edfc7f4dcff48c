import { statSync } from "node:fs";
import { AuraError } from "../../../shared/errors.js";
import { prepareFile } from "../../audit/file.js";
import { stateFailure } from "./failure.js";
import { Heads } from "./heads.js";
import { Meta } from "./meta.js";
import { Paths } from "./paths.js";
import { Places } from "./places.js";
import { foldLog, settleSchema } from "./schema.js";
import { Sqlite } from "./sqlite.js";
import { Uploads } from "./uploads.js";

const BUSY_MS = 2000;
const FOLD_AT_BYTES = 16 << 20;

export interface StateOptions {
  readonly rootId: string;
  readonly deviceId: string;
  /** A random id for a new database. */
  readonly newInstance: () => string;
}

/**
 * All that a device remembers of a root, in one file that only its owner can read. Losing it loses nothing: the next tick
 * reads the bucket and the folder anew. Methods throw AuraError `state_unreadable`.
 */
export interface RootState {
  readonly file: string;
  readonly instance: string;
  readonly paths: Paths;
  readonly heads: Heads;
  readonly places: Places;
  readonly uploads: Uploads;
  readonly meta: Meta;
  /** All or nothing. */
  transaction<T>(task: () => T): T;
  /** From now on nothing is kept, until the returned function is called: all is as before then. */
  draft(): () => void;
  /** Folds a log of so many bytes (16 MiB), which waits for the disk. */
  tidy(atBytes?: number): void;
  close(): void;
}

/** Opens or makes the file. Throws AuraError `state_unreadable` when it is damaged, newer, locked, or of another root. */
export function openState(file: string, options: StateOptions): RootState {
  try {
    prepareFile(file);
    const db = new Sqlite(file, BUSY_MS);
    try {
      settleSchema(db, file);
      return new OpenState(file, db, options);
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw stateFailure(file, error);
  }
}

class OpenState implements RootState {
  readonly instance: string;
  readonly paths: Paths;
  readonly heads: Heads;
  readonly places: Places;
  readonly uploads: Uploads;
  readonly meta: Meta;
  private closed = false;

  constructor(
    readonly file: string,
    private readonly db: Sqlite,
    { rootId, deviceId, newInstance }: StateOptions,
  ) {
    this.paths = new Paths(db, file);
    db.onRollBack = () => this.paths.rolledBack();
    this.heads = new Heads(db);
    this.places = new Places(db);
    this.uploads = new Uploads(db, file);
    this.meta = new Meta(db, file);
    this.instance = db.transaction(() => {
      const identity = this.meta.get("identity");
      if (identity === null) this.meta.set("identity", { rootId, deviceId });
      else if (identity.rootId !== rootId || identity.deviceId !== deviceId) {
        throw new AuraError(
          "state_unreadable",
          `${file} is the state of root ${identity.rootId} on device ${identity.deviceId}, not of ${rootId} on ${deviceId}`,
          { fix: "move the file away: nothing is lost with it; or give root.toml its old ids again" },
        );
      }
      const instance = this.meta.get("instance") ?? newInstance();
      this.meta.set("instance", instance);
      return instance;
    });
  }

  transaction<T>(task: () => T): T {
    return this.db.transaction(task);
  }

  draft(): () => void {
    return this.db.draft();
  }

  tidy(atBytes = FOLD_AT_BYTES): void {
    const log = statSync(`${this.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (log >= atBytes) foldLog(this.db);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      // Without its log the file is whole by itself, and can be copied.
      foldLog(this.db);
    } catch {
      // Somebody reads it: the log stays beside it.
    }
    this.db.close();
  }
}
