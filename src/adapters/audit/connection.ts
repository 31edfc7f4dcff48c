/** A value as SQLite keeps it. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** One connection to a SQLite file, used by one caller at a time. Its calls run beside the event loop: a slow disk stops nothing. */
export interface Connection {
  /** Statements without parameters and rows. */
  exec(sql: string): Promise<void>;
  /** All rows of one statement. Statements are prepared once. */
  all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  /** The file itself stays open until the statements are collected as garbage: the binding cannot end them. */
  close(): void;
}

/** What is used of the binding, which gives no types of its own. */
interface Binding {
  exec(sql: string): Promise<void>;
  prepare(sql: string): Promise<Statement>;
  close(): void;
}

interface Statement {
  all(values: readonly Value[]): Promise<Row[]>;
}

/** Opens the file, or creates it. Waits up to `busyMs` for a lock that another connection holds, then rejects with SQLITE_BUSY. */
export async function connectSqlite(path: string, busyMs: number): Promise<Connection> {
  const { default: Database } = await import("libsql/promise");
  const database: Binding = new Database(path, { timeout: busyMs });
  const statements = new Map<string, Promise<Statement>>();
  const prepared = (sql: string): Promise<Statement> => {
    const made = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  return {
    exec: (sql) => database.exec(sql),
    async all(sql, ...values) {
      const statement = await prepared(sql).catch((error: unknown) => {
        statements.delete(sql);
        throw error;
      });
      // Never `get`: it leaves the statement unfinished, and with it a reader that keeps the log from being folded back.
      return statement.all([...values]);
    },
    close() {
      statements.clear();
      database.close();
    },
  };
}
