import type { TickRecord } from "../../src/sync/control.js";
import type { SyncReport } from "../../src/sync/tick.js";

export function makeReport(more: Partial<SyncReport> = {}): SyncReport {
  return {
    schema_version: 1,
    root_id: "work",
    device_id: "laptop",
    dry_run: false,
    manifest_id: "20260102T030405000Z-laptop-0000000007-0123456789abcdef",
    uploaded: { files: 1, bytes: 5 },
    downloaded: { files: 0, bytes: 0 },
    renamed: 0,
    deleted: { here: 0, told: 0 },
    conflicts: [],
    problems: [],
    problems_total: 0,
    held: null,
    requests: { ListObjectsV2: 1 },
    scanned: 12,
    in_sync: true,
    duration_ms: 140,
    ...more,
  };
}

export function makeRecord(more: Partial<TickRecord> = {}): TickRecord {
  const told = { tick_index: 0, trigger: "watcher", started_at: "2026-01-02T03:04:05.000Z", duration_ms: 147 } as const;
  return { ...told, outcome: "ok", sync: makeReport(), ...more };
}
