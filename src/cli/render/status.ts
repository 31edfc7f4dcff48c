import type { Colors } from "picocolors/types.js";
import type { ServiceStatus } from "../../services/control.js";
import type { Health, State } from "../../services/snapshot.js";
import { formatDuration } from "../../shared/durations.js";
import { renderTable, type Cell, type Column, type Row } from "./table.js";
import { plain, wrap } from "./text.js";

const COLUMNS: readonly Column[] = [
  { title: "NAME", flexible: true },
  { title: "TYPE" },
  { title: "STATE" },
  { title: "HEALTH" },
  { title: "PID", align: "right" },
  { title: "PORT", align: "right" },
  { title: "UPTIME", align: "right" },
  { title: "RESTARTS", align: "right" },
];

/** The services sorted by name; below each that does not simply run, the reason. */
export function renderStatus(services: readonly ServiceStatus[], colors: Colors, width: number): string[] {
  const rows = services.toSorted(byName).map((service) => statusRow(service, colors, width));
  return renderTable(COLUMNS, rows, width, colors.bold);
}

export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function statusRow(service: ServiceStatus, colors: Colors, width: number): Row {
  const { state, health } = service;
  const number = (value: number | null): Cell => ({ text: value === null ? "-" : String(value) });
  const cells: Cell[] = [
    { text: plain(service.name) },
    { text: service.type },
    { text: state, paint: stateColor(state, colors) },
    { text: health === "none" ? "-" : health, paint: healthColor(health, colors) },
    number(service.pid),
    number(service.port),
    { text: service.uptime_s === null ? "-" : formatDuration(Math.floor(service.uptime_s) * 1000).replace(/^0ms$/, "0s") },
    number(service.restart_count),
  ];
  return { cells, below: simplyRuns(service) ? [] : reasonLines(service, colors, width) };
}

function simplyRuns({ state, health, ready }: ServiceStatus): boolean {
  return state === "running" && health !== "unhealthy" && ready;
}

function reasonLines({ reason, last_error }: ServiceStatus, colors: Colors, width: number): string[] {
  const text = plain(reason) || plain(last_error ?? "");
  return text === "" ? [] : wrap(text, width - 4).map((line) => colors.dim(`    ${line}`));
}

export function stateColor(state: State, colors: Colors): (text: string) => string {
  if (state === "running") return colors.green;
  if (state === "failed") return colors.red;
  return state === "stopped" ? colors.dim : colors.yellow;
}

function healthColor(health: Health, colors: Colors): (text: string) => string {
  if (health === "healthy") return colors.green;
  if (health === "unhealthy") return colors.red;
  return colors.dim;
}
