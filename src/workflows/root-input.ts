import type { Trigger } from "../sync/tick.js";
import { MOST_FOLDERS, type Wake } from "../sync/schedule.js";
import type { GcOptions, RestoreAsk, RootAttach, SyncAsk } from "./root-messages.js";

// Other clients send these messages too: what they give is held to its shape. A text is what is wrong.

const TRIGGERS: readonly Trigger[] = ["startup", "watcher", "head-poll", "interval", "manual", "notice"];
const MODES: readonly unknown[] = ["bidirectional", "push", "pull"];

export function checkAttach(told: unknown): RootAttach | string {
  const { boot, device_id, path, mode, interval_ms, watcher } = fields(told);
  const fits =
    [boot, device_id, path, watcher].every((value) => typeof value === "string") &&
    MODES.includes(mode) &&
    typeof interval_ms === "number" &&
    interval_ms >= 1000;
  return fits ? ({ boot, device_id, path, mode, interval_ms, watcher } as RootAttach) : "the payload does not attach a root";
}

export function checkWake(told: unknown): Wake | string {
  const { trigger, folders } = fields(told);
  if (!(TRIGGERS as readonly unknown[]).includes(trigger)) return `trigger is none of ${TRIGGERS.join(", ")}`;
  const isList = Array.isArray(folders) && folders.every((folder) => typeof folder === "string");
  const named = trigger as Trigger;
  // Whatever else it says: the whole root is never wrong.
  return isList && folders.length <= MOST_FOLDERS ? { trigger: named, folders: folders as string[] } : { trigger: named };
}

export function checkSync(told: unknown): SyncAsk | string {
  const { dry_run, confirm } = fields(told);
  const wrong = Object.entries({ dry_run, confirm }).find(([, value]) => value !== undefined && typeof value !== "boolean");
  return wrong === undefined ? ((told ?? {}) as SyncAsk) : `${wrong[0]}: must be true or false`;
}

export function checkRestore(told: unknown): RestoreAsk | string {
  const { path, manifest, time_ms } = fields(told);
  if (typeof path !== "string") return "path: give the file or folder to restore";
  const isManifest = typeof manifest === "string" && manifest !== "" && time_ms === undefined;
  const isTime = typeof time_ms === "number" && Number.isFinite(time_ms) && manifest === undefined;
  return isManifest || isTime ? (told as RestoreAsk) : "give either manifest or time_ms";
}

export function checkGc(told: unknown): GcOptions | string {
  const { apply, window_ms, history_ms } = fields(told);
  if (typeof apply !== "boolean") return "apply: must be true or false";
  const wrong = Object.entries({ window_ms, history_ms }).find(([, value]) => typeof value !== "number" || !(value >= 0));
  return wrong === undefined ? (told as GcOptions) : `${wrong[0]}: must be a number of milliseconds`;
}

function fields(told: unknown): Readonly<Record<string, unknown>> {
  return typeof told === "object" && told !== null ? (told as Readonly<Record<string, unknown>>) : {};
}
