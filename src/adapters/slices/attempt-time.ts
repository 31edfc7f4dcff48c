import { statSync } from "node:fs";
import { bootId } from "../process/identity.js";
import type { AttemptRecord } from "./attempt-records.js";

/** Ms since the host booted, the same clock in every process of the host; stands still while the host sleeps. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** How long an attempt ran, in ms: until now, or until its status file was written when that was while nobody looked. */
export function ranMs(record: AttemptRecord, exitFile: string): number {
  const now = record.boot_id === bootId() ? monotonicMs() - record.started_ms : Number.MAX_SAFE_INTEGER;
  const file = statSync(exitFile, { throwIfNoEntry: false });
  const told = file === undefined ? now : file.mtimeMs - Date.parse(record.started_at);
  return Math.round(Math.max(0, Math.min(now, told)));
}
