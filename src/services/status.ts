import type { ServiceStatus, StatusDocument } from "./control.js";
import type { Snapshot } from "./snapshot.js";

/** A snapshot as `status` shows it, at the given host uptime. */
export function serviceStatus(snapshot: Snapshot, uptimeMs: number | null): ServiceStatus {
  const { startedUptimeMs, startedAt } = snapshot;
  const runMs = startedUptimeMs === null || startedAt === null || uptimeMs === null ? null : uptimeMs - startedUptimeMs;
  return {
    name: snapshot.name,
    type: snapshot.type,
    state: snapshot.state,
    health: snapshot.health,
    pid: snapshot.pid,
    port: snapshot.port,
    uptime_s: snapshot.state === "running" && runMs !== null ? Math.max(0, Math.floor(runMs / 1000)) : null,
    restart_count: snapshot.restartCount,
    last_exit_code: snapshot.lastExit?.status ?? null,
    last_error: snapshot.lastError,
    generation: snapshot.generation,
    ready: snapshot.ready,
    reason: snapshot.reason,
  };
}

export function statusDocument(host: string, rows: readonly ServiceStatus[]): StatusDocument {
  return { schema_version: 1, host, services: rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}
