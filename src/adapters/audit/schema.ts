import { AuraError } from "../../shared/errors.js";
import type { Connection } from "./connection.js";

export const SCHEMA_VERSION = 1;

/** "AURA" in the file's header, so that no other program's database is taken for a trail. */
const APPLICATION_ID = 0x41_55_52_41;

/**
 * An event is stored whole, as JSON, and everything else is read off it: nothing can differ between a column and the
 * event that was hashed. The generated columns are for people with a SQLite shell and for the indexes.
 */
const CREATE = `
CREATE TABLE audit_events (
  epoch_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  event TEXT NOT NULL CHECK (json_valid(event)),
  hash TEXT AS (event ->> '$.hash') VIRTUAL,
  type TEXT AS (event ->> '$.type') VIRTUAL,
  phase TEXT AS (event ->> '$.phase') VIRTUAL,
  role TEXT AS (event ->> '$.role') VIRTUAL,
  "by" TEXT AS (event ->> '$.by') VIRTUAL,
  at TEXT AS (event ->> '$.at') VIRTUAL,
  payload TEXT AS (event -> '$.payload') VIRTUAL,
  PRIMARY KEY (epoch_id, seq)
) STRICT;
CREATE INDEX audit_events_phase ON audit_events (phase, epoch_id, seq);
CREATE INDEX audit_events_role ON audit_events (role, epoch_id, seq);
CREATE INDEX audit_events_type ON audit_events (type, epoch_id, seq);
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Sets the connection up and makes the table where there is none. Throws AuraError `state_unreadable` for a file of another
 * program and for one of a newer Aura, before anything in it is changed.
 */
export async function settleSchema(connection: Connection, path: string): Promise<void> {
  // In one transaction: amid three looks of their own another aurad may make the table, and the file would seem a stranger's.
  await inTransaction(connection, "BEGIN", () => isCurrent(connection, path));
  await connection.all("PRAGMA journal_mode = WAL");
  // A commit is on the disk when it returns. The log is folded back by `foldLog` alone.
  await connection.exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;");
  await inTransaction(connection, "BEGIN IMMEDIATE", async () => {
    // Asked again: another aurad may have been quicker.
    if (!(await isCurrent(connection, path))) await connection.exec(CREATE);
  });
}

export async function inTransaction<T>(connection: Connection, begin: "BEGIN" | "BEGIN IMMEDIATE", task: () => Promise<T>): Promise<T> {
  await connection.exec(begin);
  try {
    const result = await task();
    await connection.exec("COMMIT");
    return result;
  } catch (error) {
    // Some failures have rolled back by themselves.
    await connection.exec("ROLLBACK").catch(() => {});
    throw error;
  }
}

/**
 * Moves what the log holds into the database. TRUNCATE takes the write lock first, where the automatic folding works beside
 * writers, which before SQLite 3.51.3 could, very rarely, leave a damaged database (sqlite.org/wal.html#walresetbug).
 */
export async function foldLog(connection: Connection): Promise<void> {
  await connection.all("PRAGMA wal_checkpoint(TRUNCATE)");
}

/** False: empty. */
async function isCurrent(connection: Connection, path: string): Promise<boolean> {
  const version = await pragma(connection, "user_version");
  const application = await pragma(connection, "application_id");
  if (application === APPLICATION_ID) {
    if (version <= SCHEMA_VERSION) return true;
    throw new AuraError("state_unreadable", `the audit trail ${path} has schema ${version}; this aurad knows ${SCHEMA_VERSION}`, {
      fix: "use the aurad that wrote it or a newer one, or name another file with --audit-trail sqlite:PATH",
    });
  }
  const [objects] = await connection.all("SELECT count(*) AS n FROM sqlite_schema");
  if (application === 0 && version === 0 && objects?.["n"] === 0) return false;
  throw new AuraError("state_unreadable", `${path} is a database of another program, not an audit trail`, {
    fix: "name another file with --audit-trail sqlite:PATH",
  });
}

async function pragma(connection: Connection, name: "user_version" | "application_id"): Promise<number> {
  const [row] = await connection.all(`PRAGMA ${name}`);
  return Number(row?.[name]);
}
