import { formatDuration } from "../../shared/durations.js";
import type { TickRecord } from "../../sync/control.js";
import type { Amount, PlannedAction, SyncReport } from "../../sync/tick.js";
import { count, formatBytes } from "./roots-words.js";
import { plain, wrap } from "./text.js";

/** As a person would say it; the words of --json are those of the report. */
const ACTIONS: Readonly<Record<PlannedAction, string>> = {
  upload: "upload",
  tell: "tell",
  "delete-told": "delete elsewhere",
  download: "download",
  rename: "rename",
  delete: "delete here",
  conflict: "conflict",
};
const ACTION_WIDTH = Math.max(...Object.values(ACTIONS).map((word) => word.length));
/** A dry run tells at most so many; see SyncReport. */
const MOST_PLANNED = 1000;

/** What a tick did, in a line; below it conflict copies, problems, and in a dry run what would be done. */
export function renderReport(root: string, { sync, duration_ms }: TickRecord, width: number): string[] {
  if (sync === undefined) return [];
  const head = `${plain(root)}: ${sync.dry_run ? dryHead(root, sync) : `${verdict(sync)}; ${done(sync)}`} (${formatDuration(duration_ms)})`;
  return [
    ...wrap(head, width),
    ...(sync.plan ?? []).flatMap(({ action, path, from }) => {
      const what = from === undefined ? plain(path) : `${plain(from)} -> ${plain(path)}`;
      return hanging(ACTIONS[action].padEnd(ACTION_WIDTH), what, width);
    }),
    ...((sync.plan?.length ?? 0) >= MOST_PLANNED ? ["  and more"] : []),
    ...heldBack(sync, width),
    ...(sync.dry_run ? [] : sync.conflicts.flatMap((path) => hanging("conflict copy", plain(path), width))),
    ...sync.problems.flatMap(({ path, message }) => hanging("not synced", `${plain(path)}: ${plain(message)}`, width)),
    ...(sync.problems_total > sync.problems.length ? [`  and ${sync.problems_total - sync.problems.length} more not synced`] : []),
  ];
}

/** Which deletions wait for a person. */
function heldBack({ held }: SyncReport, width: number): string[] {
  const paths = held?.paths ?? [];
  const more = (held?.deletes ?? 0) - paths.length;
  return [
    ...paths.flatMap((path) => hanging("not deleted", plain(path), width)),
    ...(paths.length > 0 && more > 0 ? [`  and ${more} more not deleted`] : []),
  ];
}

function verdict({ in_sync, held }: SyncReport): string {
  if (held !== null) return "held";
  return in_sync ? "in sync" : "not in sync yet";
}

function dryHead(root: string, { plan = [], held }: SyncReport): string {
  const changes = plan.length >= MOST_PLANNED ? `more than ${MOST_PLANNED} changes` : count(plan.length, "change");
  if (held === null) return plan.length === 0 ? "nothing to do" : `a sync would make ${changes}`;
  const what = `${held.deletes} of ${held.of} files would be deleted, which waits for a person`;
  const others = plan.length === 0 ? "" : `a sync would make ${changes}; `;
  return `${others}${what}: see them with aura-msg sync ${plain(root)} --dry-run --confirm`;
}

/** `3 files (12 kB) up, 1 file (2 kB) down, 2 renamed`. */
function done({ uploaded, downloaded, renamed, deleted, conflicts, held }: SyncReport): string {
  const parts = [
    amount(uploaded, "up"),
    amount(downloaded, "down"),
    renamed > 0 ? `${renamed} renamed` : "",
    deleted.here > 0 ? `${deleted.here} deleted here` : "",
    deleted.told > 0 ? `${deleted.told} deleted elsewhere` : "",
    conflicts.length > 0 ? count(conflicts.length, "conflict") : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? (held === null ? "nothing to do" : "nothing done") : parts.join(", ");
}

function amount({ files, bytes }: Amount, way: string): string {
  return files === 0 ? "" : `${count(files, "file")} (${formatBytes(bytes)}) ${way}`;
}

/** `  what  text`, goes on below itself. */
export function hanging(what: string, text: string, width: number): string[] {
  const indent = what.length + 4;
  return wrap(text, width - indent).map((line, i) => (i === 0 ? `  ${what}  ${line}` : `${" ".repeat(indent)}${line}`));
}
