import type { ServiceStatus } from "../services/control.js";
import { STATES } from "../services/snapshot.js";
import type { RootStatus } from "../sync/control.js";

export interface MetricsInput {
  readonly services: readonly ServiceStatus[];
  readonly roots: readonly RootStatus[];
  readonly version: string;
  /** Wall clock, ms since the epoch. */
  readonly startedAt: number;
  /** Whether Temporal answers. */
  readonly connected: boolean;
  readonly process: Pick<NodeJS.Process, "cpuUsage" | "memoryUsage">;
}

/** The Prometheus text format, version 0.0.4. */
export function renderMetrics(input: MetricsInput): string {
  const cpu = input.process.cpuUsage();
  return [
    ...metric("aura_build_info", "gauge", "Version of aurad.", [[{ version: input.version }, 1]]),
    ...metric("aura_temporal_connected", "gauge", "1 while Temporal answers.", [[{}, input.connected ? 1 : 0]]),
    ...metric("aura_services", "gauge", "Services by state.", byState(input.services)),
    ...metric(
      "aura_service_ready",
      "gauge",
      "1 while the service is ready.",
      input.services.map((row) => [{ service: row.name }, row.ready ? 1 : 0]),
    ),
    ...metric(
      "aura_service_restarts_total",
      "counter",
      "Restarts since the last manual start.",
      input.services.map((row) => [{ service: row.name }, row.restart_count]),
    ),
    ...metric(
      "aura_root_online",
      "gauge",
      "1 while the root's bucket answers.",
      byRoot(input.roots, ({ online }) => online),
    ),
    ...metric(
      "aura_root_in_sync",
      "gauge",
      "1 while the root's last tick left nothing to do.",
      byRoot(input.roots, ({ in_sync }) => in_sync),
    ),
    ...metric(
      "aura_root_error",
      "gauge",
      "1 while the root's last tick failed or is held.",
      byRoot(input.roots, ({ error }) => error !== null),
    ),
    ...metric("process_cpu_seconds_total", "counter", "CPU time of aurad.", [[{}, (cpu.user + cpu.system) / 1e6]]),
    ...metric("process_resident_memory_bytes", "gauge", "Resident memory of aurad.", [[{}, input.process.memoryUsage.rss()]]),
    ...metric("process_start_time_seconds", "gauge", "Start of aurad, seconds since the epoch.", [[{}, input.startedAt / 1000]]),
    "",
  ].join("\n");
}

type Sample = [labels: Readonly<Record<string, string>>, value: number];

function byState(services: readonly ServiceStatus[]): Sample[] {
  return STATES.map((state) => [{ state }, services.filter((row) => row.state === state).length]);
}

function byRoot(roots: readonly RootStatus[], is: (root: RootStatus) => boolean): Sample[] {
  return roots.map((root) => [{ root: root.root_id }, is(root) ? 1 : 0]);
}

function metric(name: string, type: "gauge" | "counter", help: string, samples: readonly Sample[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map(([labels, value]) => `${name}${labelled(labels)} ${value}`)];
}

function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
