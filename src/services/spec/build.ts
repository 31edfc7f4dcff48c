import { parseDuration } from "../../shared/durations.js";
import { AuraError } from "../../shared/errors.js";
import type { ContainerSpec, HealthSpec, RestartSpec, RoutingSpec, ServiceSpec, StopSpec } from "../spec.js";
import { expandTemplate } from "./expand.js";
import type { Expanded, Surroundings } from "./expand.js";
import { commandWords, volumeSource, workingDir } from "./resolve.js";
import { PROCESS_KEYS } from "./schema.js";
import type { ProcessKeys, SpecDocument } from "./schema.js";
import { parseSize } from "../../shared/sizes.js";
import type { Words } from "./words.js";

export interface BuildContext extends Surroundings {
  readonly file: string;
  /** SHA-256 in hex. */
  hash(text: string): string;
}

/** A document without problems as the supervisor uses it: defaults filled in, paths absolute, hash taken. */
export function buildSpec(document: SpecDocument, context: BuildContext): ServiceSpec {
  const spec = normalised(document, context);
  return { ...spec, hash: context.hash(canonical(spec)), file: context.file };
}

function normalised(document: SpecDocument, context: BuildContext): Omit<ServiceSpec, "hash" | "file"> {
  const { service, network, dependencies } = document;
  const keys = processKeysOf(document);
  const dir = expanded(workingDir(service.working_dir, service.name, context.file, context));
  return {
    name: service.name,
    type: service.type,
    ...optional("command", service.command === undefined ? undefined : split(commandWords(service.command, dir, context))),
    ...optional("workingDir", service.type === "container" ? undefined : dir),
    ...optional("container", service.type === "container" ? container(document, context) : undefined),
    ...optional("port", network?.port),
    ...optional("routing", routing(document)),
    ...optional("health", health(document, dir, context)),
    restart: restart(document),
    stop: stop(keys),
    successExitCodes: [...new Set(keys.success_exit_codes ?? [])].toSorted((a, b) => a - b),
    ...optional("readyLogLine", keys.ready_log_line),
    log: { maxSizeBytes: parseSize(keys.log?.max_size ?? "10MB") ?? 0, keep: keys.log?.keep ?? 5 },
    ...optional("umask", keys.umask === undefined ? undefined : Number.parseInt(keys.umask.replace("0o", ""), 8)),
    ...optional("user", keys.user),
    env: mapValues(document.env ?? {}, (value) => expanded(expandTemplate(value, context))),
    secrets: mapValues(document.secrets ?? {}, (reference) => reference.secret ?? reference.keychain ?? ""),
    after: dependencies?.after ?? [],
    requires: dependencies?.requires ?? [],
  };
}

function processKeysOf(document: SpecDocument): ProcessKeys {
  const given = PROCESS_KEYS.map((key) => [key, document[key] ?? document.service[key]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function container({ service, volumes, args }: SpecDocument, context: BuildContext): ContainerSpec {
  return {
    image: service.image ?? "",
    networkMode: service.network_mode ?? "host",
    privileged: service.privileged ?? false,
    volumes: Object.fromEntries(
      Object.entries(volumes ?? {}).map(([source, target]) => [
        expanded(volumeSource(source, service.name, context.file, context)),
        target,
      ]),
    ),
    args: args ?? [],
  };
}

function routing({ routing: written }: SpecDocument): RoutingSpec | undefined {
  if (written === undefined) return undefined;
  return { hostname: written.hostname, tls: written.tls ?? false, ...optional("tlsOptions", written.tls_options) };
}

function health({ health: written }: SpecDocument, dir: string, context: BuildContext): HealthSpec | undefined {
  if (written === undefined) return undefined;
  return {
    type: written.type,
    ...optional("path", written.path),
    ...optional("port", written.port),
    ...optional("command", written.command === undefined ? undefined : split(commandWords(written.command, dir, context))),
    intervalMs: milliseconds(written.interval ?? "10s"),
    timeoutMs: milliseconds(written.timeout ?? "2s"),
    gracePeriodMs: milliseconds(written.grace_period ?? "0"),
    unhealthyThreshold: written.unhealthy_threshold ?? 3,
  };
}

function restart({ restart: written = {} }: SpecDocument): RestartSpec {
  const delayMs = milliseconds(written.delay ?? "1s");
  return {
    policy: written.policy ?? "on-failure",
    maxAttempts: written.max_attempts ?? 0,
    delayMs,
    backoff: written.backoff ?? "exponential",
    // a delay longer than the default cap raises the cap: the person asked for that wait
    maxDelayMs: written.max_delay === undefined ? Math.max(30_000, delayMs) : milliseconds(written.max_delay),
    resetAfterMs: milliseconds(written.reset_after ?? "60s"),
  };
}

function stop({ stop: written = {} }: ProcessKeys): StopSpec {
  return { signal: written.signal ?? "SIGTERM", timeoutMs: milliseconds(written.timeout ?? "10s") };
}

/** Whole milliseconds; a positive time never becomes 0. */
function milliseconds(text: string): number {
  return Math.ceil(parseDuration(text) ?? 0);
}

function expanded(result: Expanded): string {
  if (!result.ok) throw unchecked(result.what);
  return result.text;
}

function split(result: Words): readonly string[] {
  if (!result.ok) throw unchecked(result.what);
  return result.words;
}

function unchecked(what: string): AuraError {
  return new AuraError("internal", `a service spec was built before its rules were checked: ${what}`);
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function mapValues<A, B>(map: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}

/** JSON with sorted keys: equal specs give equal text however their files were written. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
