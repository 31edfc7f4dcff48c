import Database from "libsql";

/** A value as SQLite keeps it. */
export type Value = string | number | null;
/** A row as its columns, in order. */
export type Columns = readonly Value[];

interface Statement {
  raw(on: boolean): Statement;
  readonly reader: boolean;
  run(values: readonly Value[]): unknown;
  iterate(values: readonly Value[]): IterableIterator<Columns>;
}

interface Binding {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/**
 * One synchronous connection: the engine has a thread of its own, and nobody else opens a root's state. Statements are
 * prepared once. Each is read to its end: an unfinished one would keep the log from being folded back.
 */
export class Sqlite {
  private readonly binding: Binding;
  private readonly statements = new Map<string, Statement>();
  private depth = 0;
  /** Called when changes were taken back. */
  onRollBack: () => void = () => {};

  /** Waits up to `busyMs` for a lock that somebody else holds, then throws SQLITE_BUSY. */
  constructor(path: string, busyMs: number) {
    this.binding = new Database(path, { timeout: busyMs }) as unknown as Binding;
  }

  exec(sql: string): void {
    this.binding.exec(sql);
  }

  run(sql: string, ...values: readonly Value[]): void {
    this.prepared(sql).run(values);
  }

  all(sql: string, ...values: readonly Value[]): readonly Columns[] {
    return [...this.prepared(sql).iterate(values)];
  }

  one(sql: string, ...values: readonly Value[]): Columns | undefined {
    return this.all(sql, ...values)[0];
  }

  /** For what would be large as an array. `visit` may not leave early. */
  each(sql: string, values: readonly Value[], visit: (row: Columns) => void): void {
    for (const row of this.prepared(sql).iterate(values)) visit(row);
  }

  /** All or nothing. One within another is part of it. */
  transaction<T>(task: () => T): T {
    if (this.depth > 0) return task();
    this.binding.exec("BEGIN IMMEDIATE");
    this.depth = 1;
    try {
      const result = task();
      this.binding.exec("COMMIT");
      return result;
    } catch (error) {
      this.rollBack();
      this.onRollBack();
      throw error;
    } finally {
      this.depth = 0;
    }
  }

  /** Begins what is never kept: until the returned function is called, transactions are part of it. */
  draft(): () => void {
    this.binding.exec("BEGIN IMMEDIATE");
    this.depth = 1;
    return () => {
      this.depth = 0;
      this.rollBack();
      this.onRollBack();
    };
  }

  close(): void {
    this.statements.clear();
    this.binding.close();
  }

  private rollBack(): void {
    try {
      this.binding.exec("ROLLBACK");
    } catch {
      // Some failures have rolled back by themselves.
    }
  }

  private prepared(sql: string): Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.binding.prepare(sql);
    if (statement.reader) statement.raw(true);
    this.statements.set(sql, statement);
    return statement;
  }
}
