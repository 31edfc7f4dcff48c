import type { Colors } from "picocolors/types.js";
import { formatDuration } from "../../shared/durations.js";
import type { RootStatus } from "../../sync/control.js";
import { ago, rootColor, rootState } from "./roots-words.js";
import { renderTable, type Column, type Row } from "./table.js";
import { cut, plain, wrap } from "./text.js";

const COLUMNS: readonly Column[] = [
  { title: "ROOT", flexible: true },
  { title: "DEVICE" },
  { title: "MODE" },
  { title: "STATE" },
  { title: "LAST TICK" },
];
/** Longer ones are cut, so that the root's own name stays readable. */
const DEVICE = 16;

/** The roots by id; below each its folder, and what is wrong with it. */
export function renderRoots(roots: readonly RootStatus[], colors: Colors, width: number, now: number, home: string): string[] {
  const sorted = roots.toSorted((a, b) => (a.root_id < b.root_id ? -1 : 1));
  const rows = sorted.map((root): Row => {
    const state = rootState(root);
    return {
      cells: [
        { text: plain(root.root_id) },
        { text: cut(plain(root.device_id), DEVICE) },
        { text: root.mode },
        { text: state, paint: rootColor(state, colors) },
        { text: lastTick(root, now) },
      ],
      below: [
        ...indented(atHome(plain(root.path), home), width).map(colors.dim),
        ...wrong(root).flatMap((line) => indented(plain(line), width)),
        ...problems(root).flatMap((line) => indented(line, width)),
        ...(root.watcher === "poll" ? indented("its folders are looked at now and then: the kernel gave no more watches", width) : []),
      ],
    };
  });
  return renderTable(COLUMNS, rows, width, colors.bold);
}

/** `~/work` for a folder of the reader's own. */
export function atHome(path: string, home: string): string {
  if (path === home) return "~";
  return home !== "" && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** `3s ago, 147ms`. */
function lastTick({ last_tick }: RootStatus, now: number): string {
  if (last_tick === null) return "-";
  const end = new Date(Date.parse(last_tick.started_at) + last_tick.duration_ms);
  const when = Number.isNaN(end.getTime()) ? "-" : ago(end.toISOString(), now);
  return `${when}, ${formatDuration(last_tick.duration_ms)}`;
}

/** Why it failed, is held, or that nobody answers. */
function wrong({ error, online, last_tick }: RootStatus): string[] {
  const line = error ?? (online ? undefined : last_tick?.detail);
  return line === undefined ? [] : [line];
}

function problems({ last_tick }: RootStatus): string[] {
  const report = last_tick?.sync;
  const [first] = report?.problems ?? [];
  if (report === undefined || first === undefined) return [];
  const more = report.problems_total - 1;
  return [`${plain(first.path)}: ${plain(first.message)}${more > 0 ? ` (and ${more} more: aura-msg sync)` : ""}`];
}

function indented(text: string, width: number): string[] {
  return wrap(text, width - 4).map((line) => `    ${line}`);
}
