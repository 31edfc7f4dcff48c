import { AuraError } from "../../../shared/errors.js";
import type { Sqlite } from "./sqlite.js";

export const SCHEMA_VERSION = 1;

/** "AURS" in the file's header, so that no other program's database is taken for a root's state. */
const APPLICATION_ID = 0x41_55_52_53;

/**
 * paths: what a path is. `stat` (as `statText`) and `have` tell what is on disk, `want` the merged best version of all
 *   devices (both as `entryText`); `have` is "=" where it is that version. `hash`, `object`, `at`: content of `want` and where
 *   that is in the bucket; `have_hash`: of `have` where it is another. `told`: number of the own manifest that has this entry,
 *   or less (see row.ts). `todo`: disk and `want` are of different versions. Folder and name apart, so that the content of
 *   one folder is read without that of those below it.
 * heads: the heads of all devices as they were read. merged: the manifest objects they name, whose entries are in `want`.
 * uploaded: objects that this device put into the bucket and has not told of yet, with the contents in them. places: where
 *   a content is a second time.
 * hashed: large files that were read and are in no entry yet, so that a tick that was cut off need not read them again.
 * uploads: multipart uploads under way. meta: the rest, as JSON.
 */
const CREATE = `
CREATE TABLE paths (
  dir TEXT NOT NULL,
  name TEXT NOT NULL,
  stat TEXT,
  have TEXT,
  want TEXT,
  hash TEXT,
  have_hash TEXT,
  object TEXT,
  at INTEGER,
  told INTEGER NOT NULL,
  todo INTEGER NOT NULL,
  PRIMARY KEY (dir, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX paths_hash ON paths (hash) WHERE hash IS NOT NULL;
CREATE INDEX paths_have_hash ON paths (have_hash) WHERE have_hash IS NOT NULL;
CREATE INDEX paths_told ON paths (told);
CREATE INDEX paths_todo ON paths (todo) WHERE todo = 1;
CREATE INDEX paths_unsettled ON paths (dir) WHERE stat GLOB '~*';
CREATE TABLE heads (device TEXT PRIMARY KEY, etag TEXT NOT NULL, manifest TEXT NOT NULL, instance TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE merged (device TEXT NOT NULL, manifest TEXT NOT NULL, PRIMARY KEY (device, manifest)) STRICT, WITHOUT ROWID;
CREATE TABLE uploaded (object TEXT PRIMARY KEY, files TEXT NOT NULL, time REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE places (hash TEXT NOT NULL, object TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (hash, object)) STRICT, WITHOUT ROWID;
CREATE TABLE hashed (path TEXT PRIMARY KEY, stat TEXT NOT NULL, hash TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE uploads (object TEXT PRIMARY KEY, size INTEGER NOT NULL, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Sets the connection up and makes the tables in an empty file. Throws AuraError `state_unreadable` before anything is changed. */
export function settleSchema(db: Sqlite, path: string): void {
  const fresh = !isCurrent(db, path);
  db.all("PRAGMA journal_mode = WAL");
  // NORMAL: a power cut may take the last commits, which costs nothing (see docs/design/sync.md), and none waits for the disk.
  db.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;");
  if (fresh) db.transaction(() => db.exec(CREATE));
}

/** Moves what the log holds into the database. */
export function foldLog(db: Sqlite): void {
  db.all("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** False: empty. */
function isCurrent(db: Sqlite, path: string): boolean {
  const version = pragma(db, "user_version");
  const application = pragma(db, "application_id");
  if (application === APPLICATION_ID) {
    if (version <= SCHEMA_VERSION) return true;
    throw new AuraError("state_unreadable", `the state of this root, ${path}, has schema ${version}; this aurad knows ${SCHEMA_VERSION}`, {
      fix: "use the aurad that wrote it or a newer one, or move the file away: nothing is lost with it",
    });
  }
  const objects = db.one("SELECT count(*) FROM sqlite_schema")?.[0];
  if (application === 0 && version === 0 && objects === 0) return false;
  throw new AuraError("state_unreadable", `${path} is a database of another program, not the state of a root`, {
    fix: "move the file away: nothing is lost with the state of a root",
  });
}

function pragma(db: Sqlite, name: "user_version" | "application_id"): number {
  return Number(db.one(`PRAGMA ${name}`)?.[0]);
}
