import type { AuditEvent, AuditFilter } from "../../epochs/audit.js";
import { AuraError } from "../../shared/errors.js";
import type { Connection, Value } from "./connection.js";
import { planDelivery } from "./delivery.js";

/** Within a transaction: stores what is new of a delivery and gives the seq wanted next. Throws AuraError before anything is written. */
export async function storeDelivery(connection: Connection, epochId: string, events: readonly AuditEvent[]): Promise<number> {
  const [from, to] = [events[0]?.seq ?? 0, events.at(-1)?.seq ?? 0];
  const [last] = await connection.all("SELECT seq, hash FROM audit_events WHERE epoch_id = ? ORDER BY seq DESC LIMIT 1", epochId);
  const known = await connection.all("SELECT seq, hash FROM audit_events WHERE epoch_id = ? AND seq BETWEEN ? AND ?", epochId, from, to);
  const hashes = new Map(known.map(({ seq, hash }) => [Number(seq), String(hash)]));
  const newest = last === undefined ? undefined : { seq: Number(last["seq"]), hash: String(last["hash"]) };
  const { fresh, wants } = planDelivery(epochId, events, newest, (seq) => hashes.get(seq));
  for (const event of fresh) {
    await connection.all("INSERT INTO audit_events (epoch_id, seq, event) VALUES (?, ?, ?)", epochId, event.seq, JSON.stringify(event));
  }
  return wants;
}

/** The events that pass the filter, by seq. */
export async function readEvents(
  connection: Connection,
  path: string,
  epochId: string,
  filter: AuditFilter,
): Promise<readonly AuditEvent[]> {
  const { where, values } = condition(epochId, filter);
  const rows = await connection.all(`SELECT seq, event FROM audit_events WHERE ${where} ORDER BY seq`, ...values);
  return rows.map(({ seq, event }) => parsed(path, epochId, seq, event));
}

function condition(epochId: string, { phase, role, type, after }: AuditFilter): { where: string; values: Value[] } {
  const wanted = Object.entries({ epoch_id: epochId, phase, role, type }).filter(([, value]) => value !== undefined);
  const parts = wanted.map(([column]) => `${column} = ?`);
  const values: Value[] = wanted.map(([, value]) => value!);
  return after === undefined
    ? { where: parts.join(" AND "), values }
    : { where: [...parts, "seq > ?"].join(" AND "), values: [...values, after] };
}

function parsed(path: string, epochId: string, seq: Value | undefined, event: Value | undefined): AuditEvent {
  try {
    return JSON.parse(String(event)) as AuditEvent;
  } catch (cause) {
    throw new AuraError("state_unreadable", `the audit trail ${path} is damaged: event ${seq} of epoch ${epochId} is no JSON`, {
      fix: "restore the file from a backup, or move it away: running epochs deliver what they hold",
      cause,
    });
  }
}
