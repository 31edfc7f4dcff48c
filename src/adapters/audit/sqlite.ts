import type { AuditEvent, AuditFilter } from "../../epochs/audit.js";
import type { AuditTrail } from "../../epochs/ports.js";
import { AuraError } from "../../shared/errors.js";
import type { Log } from "../../shared/log.js";
import { connectSqlite, type Connection } from "./connection.js";
import { auditFailure } from "./failure.js";
import { fileIdentity, logSize, prepareFile, type FileIdentity } from "./file.js";
import { readEvents, storeDelivery } from "./rows.js";
import { foldLog, inTransaction, settleSchema } from "./schema.js";

/** How long another aurad, or a person with a SQLite shell, may hold the file. A delivery is given up after 3 s. */
const BUSY_MS = 2000;
const FOLD_AT_BYTES = 4 << 20;

interface Opened {
  readonly connection: Connection;
  readonly file: FileIdentity;
}

/** Throws AuraError `state_unreadable` (73) when the file cannot be used as a trail. */
export async function openSqliteTrail(path: string, log: Log, busyMs = BUSY_MS): Promise<AuditTrail> {
  return new SqliteTrail(path, log, busyMs, await open(path, busyMs));
}

interface Delivery {
  readonly epochId: string;
  readonly events: readonly AuditEvent[];
  readonly resolve: (wants: number) => void;
  readonly reject: (error: AuraError) => void;
}

class SqliteTrail implements AuditTrail {
  readonly name: string;
  /** A connection has one transaction: each task waits for the one before. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Deliveries for the next transaction: what comes while one is written shares a single sync of the disk. */
  private waiting: Delivery[] = [];
  private closed = false;

  constructor(
    private readonly path: string,
    private readonly log: Log,
    private readonly busyMs: number,
    private opened: Opened,
  ) {
    this.name = `sqlite:${path}`;
  }

  append(epochId: string, events: readonly AuditEvent[]): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(this.isClosed());
      this.waiting.push({ epochId, events, resolve, reject });
      if (this.waiting.length === 1) this.turn = this.turn.then(() => this.storeWaiting());
    });
  }

  read(epochId: string, filter: AuditFilter = {}): Promise<readonly AuditEvent[]> {
    if (this.closed) return Promise.reject(this.isClosed());
    const rows = this.turn.then(async () => {
      try {
        return await readEvents(await this.connection(), this.path, epochId, filter);
      } catch (error) {
        throw auditFailure(this.path, "use", error);
      }
    });
    this.turn = rows.catch(() => {});
    return rows;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.turn;
    const { connection } = this.opened;
    // Without its log the file is whole by itself, and can be copied.
    await foldLog(connection).catch(() => {});
    connection.close();
  }

  private async storeWaiting(): Promise<void> {
    const deliveries = this.waiting.splice(0);
    try {
      const connection = await this.connection();
      const outcomes = await inTransaction(connection, "BEGIN IMMEDIATE", () => storeAll(connection, deliveries));
      deliveries.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i]!;
        if (typeof outcome === "number") resolve(outcome);
        else reject(outcome);
      });
      await this.fold(connection);
    } catch (error) {
      for (const { reject } of deliveries) reject(auditFailure(this.path, "use", error));
    }
  }

  /** Whoever removes the file while aurad runs would else have events acknowledged that nobody will ever read. */
  private async connection(): Promise<Connection> {
    const { file, connection } = this.opened;
    const now = fileIdentity(this.path);
    if (now?.ino === file.ino && now.dev === file.dev) return connection;
    this.log.warn({ path: this.path }, "the audit trail's file was removed or replaced; opened the one that is there now");
    this.opened = await open(this.path, this.busyMs);
    connection.close();
    return this.opened.connection;
  }

  /** What was acknowledged is safe already: a log that cannot be folded now grows, and is folded later. */
  private async fold(connection: Connection): Promise<void> {
    try {
      if (logSize(this.path) >= FOLD_AT_BYTES) await foldLog(connection);
    } catch (error) {
      this.log.warn({ path: this.path, error: (error as Error).message }, "cannot fold the log of the audit trail yet");
    }
  }

  private isClosed(): AuraError {
    return new AuraError("internal", `the audit trail ${this.path} is closed`);
  }
}

/** What is wrong with one delivery is its own; anything else fails them all. */
async function storeAll(connection: Connection, deliveries: readonly Delivery[]): Promise<(number | AuraError)[]> {
  const outcomes: (number | AuraError)[] = [];
  for (const { epochId, events } of deliveries) {
    try {
      outcomes.push(await storeDelivery(connection, epochId, events));
    } catch (error) {
      if (!(error instanceof AuraError)) throw error;
      outcomes.push(error);
    }
  }
  return outcomes;
}

async function open(path: string, busyMs: number): Promise<Opened> {
  try {
    const file = prepareFile(path);
    const connection = await connectSqlite(path, busyMs);
    try {
      await patiently(busyMs, () => settleSchema(connection, path));
      return { connection, file };
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw auditFailure(path, "open", error);
  }
}

/** The change to WAL mode does not wait for others by itself. */
async function patiently(ms: number, task: () => Promise<void>): Promise<void> {
  const end = performance.now() + ms;
  for (;;) {
    try {
      return await task();
    } catch (error) {
      const waits = /^SQLITE_(BUSY|PROTOCOL)/.test((error as { code?: string }).code ?? "");
      if (!waits || performance.now() > end) throw error;
      await pause(20);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
