import { fillStartVariables } from "../../services/spec/start-variables.js";
import type { ProbeTarget, RunRequest } from "../../services/ports.js";
import type { Snapshot } from "../../services/snapshot.js";
import type { ServiceSpec } from "../../services/spec.js";

/** What every service of this host inherits and is told. */
export interface Surroundings {
  readonly host: string;
  /** What services inherit of aurad's environment: see inheritedEnv. */
  readonly env: Readonly<Record<string, string>>;
}

/** aurad's own credentials and notification socket are not for services. */
const PRIVATE = /^(?:AURA_(?!HOME$)|TEMPORAL_|NOTIFY_SOCKET$|LISTEN_(?:PID|FDS|FDNAMES)$|WATCHDOG_)/;

/** aurad's environment without what is its own business. Taken once: reading process.env is slow. */
export function inheritedEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const inherited = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && !PRIVATE.test(entry[0]));
  return Object.fromEntries(inherited);
}

/** The environment of a service: aurad's, then the spec's, then what Aura injects. */
export function serviceEnv(spec: ServiceSpec, port: number | null, around: Surroundings): Record<string, string> {
  const env: Record<string, string> = { ...around.env, ...spec.env, AURA_SERVICE: spec.name, AURA_HOST: around.host };
  if (port !== null) env["PORT"] = String(port);
  return env;
}

export function runRequest(
  spec: ServiceSpec,
  run: { generation: number; again: boolean },
  port: number | null,
  output: number,
  around: Surroundings,
): RunRequest {
  const filled = fillStartVariables(spec, { port, name: spec.name });
  return {
    service: spec.name,
    ...run,
    command: filled.command ?? [],
    workingDir: spec.workingDir ?? "/",
    env: serviceEnv(filled, port, around),
    output,
    ...(spec.umask === undefined ? {} : { umask: spec.umask }),
    ...(spec.user === undefined ? {} : { user: spec.user }),
  };
}

export function probeTarget(spec: ServiceSpec, port: number | null, around: Surroundings): ProbeTarget | undefined {
  const filled = fillStartVariables(spec, { port, name: spec.name });
  if (filled.health === undefined) return undefined;
  return {
    service: spec.name,
    health: filled.health,
    port: filled.health.port ?? port,
    env: filled.health.type === "exec" ? serviceEnv(filled, port, around) : {},
    ...(spec.workingDir === undefined ? {} : { workingDir: spec.workingDir }),
  };
}

/** Takes env values out of a sentence that will enter a history or a log. */
export function redact(text: string, spec: ServiceSpec): string {
  let result = text;
  for (const value of Object.values(fillStartVariables(spec, { port: null, name: spec.name }).env)) {
    if (value.length >= 6) result = result.replaceAll(value, "***");
  }
  return result.length > 400 ? `${result.slice(0, 399)}…` : result;
}

/** Its program was there a moment ago. Not so when it could not be started, in the shim's words 126 or 127. */
export function ranBefore({ restartCount, specHash, cause, lastExit }: Snapshot, spec: ServiceSpec): boolean {
  return restartCount > 0 && specHash === spec.hash && cause.kind !== "exec" && lastExit?.status !== 126 && lastExit?.status !== 127;
}
