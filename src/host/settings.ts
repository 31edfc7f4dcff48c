import { CONFIG_DEFAULTS as D, LOG_FORMATS, LOG_LEVELS, ON_STOP } from "./config-defaults.js";
import type { Embedded, LogFormat, LogLevel, OnStop, WatcherFallback } from "./config-defaults.js";
import type { Config } from "./config-schema.js";
import { absolutePath, expandTilde } from "./paths.js";
import type { Environment } from "./places.js";
import { type RootSetting, rootSettings } from "./root-settings.js";
import * as pick from "./setting-sources.js";
import { hostNameFrom, isHostName, parseAuditTrail, parseEndpoint, parsePortRange } from "./values.js";
import type { AuditTrail, Endpoint, PortRange } from "./values.js";

/** The options of `aurad run`, as the command line has them. `aura-msg` uses the first four. */
export interface Flags {
  readonly namespace?: string;
  readonly taskQueue?: string;
  readonly serverAddress?: string;
  readonly host?: string;
  readonly auditTrail?: string;
  readonly interval?: string;
  readonly apiAddr?: string;
  readonly routingOutput?: string;
  readonly logFormat?: string;
  readonly logLevel?: string;
  /** `--embedded` true, `--no-embedded` false. */
  readonly embedded?: boolean;
  readonly onStop?: string;
}

/** What the SDK's own environment configuration (`temporal.toml`) says. */
export interface TemporalProfile {
  readonly address?: string;
  readonly namespace?: string;
  /** Chosen by TEMPORAL_PROFILE or TEMPORAL_CONFIG_FILE: then it ranks as environment, else below `aura.toml`. */
  readonly chosen: boolean;
}

export interface SettingsInput {
  readonly flags: Flags;
  readonly env: Environment;
  readonly config: Config;
  readonly profile?: TemporalProfile;
  /** Folders given on the command line: exactly these are synced then. */
  readonly positional?: readonly string[];
  readonly defaults: {
    /** The operating system's host name. */
    readonly osHostName: string;
    readonly auditDb: string;
    readonly home: string;
    /** Relative paths in flags are meant from here. */
    readonly cwd: string;
  };
}

/** Everything `aurad` runs with. Durations in ms, paths absolute. */
export interface Settings {
  readonly namespace: string;
  readonly taskQueue: string;
  readonly serverAddress: string;
  /** Somebody named the address, so no embedded server takes its place. */
  readonly serverAddressGiven: boolean;
  readonly embedded: Embedded;
  readonly uiPort: number;
  readonly host: string;
  readonly onStop: OnStop;
  readonly portRange: PortRange;
  readonly apiAddr: Endpoint | null;
  readonly routingOutput: string | null;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  readonly auditTrail: Exclude<AuditTrail, { backend: "sqlite" }> | { readonly backend: "sqlite"; readonly path: string };
  readonly statusApi: boolean;
  readonly statusApiAddr: Endpoint;
  readonly statusApiRequireAuth: boolean;
  readonly statusTickHistory: number;
  /** `--interval`: goes before every root's own. */
  readonly intervalMs: number | null;
  readonly defaultIntervalMs: number;
  readonly watcherDebounceMs: number;
  readonly headPollIntervalMs: number;
  readonly headPollMaxIntervalMs: number;
  readonly watcherFallback: WatcherFallback;
  /** The folders to sync, in the order given. */
  readonly roots: readonly RootSetting[];
  readonly metricsRequireToken: boolean;
  readonly metricsTokenFile: string | null;
  readonly mothership: { readonly bind: string; readonly port: number; readonly displayName: string };
}

/** Flag before environment before `aura.toml` before default. Throws AuraError `usage` (64) for a bad flag or variable. */
export function resolveSettings(input: SettingsInput): Settings {
  const host = hostSetting(input);
  return {
    ...temporalSettings(input),
    ...daemonSettings(input),
    ...syncSettings(input),
    host,
    mothership: mothershipSettings(input.config, host),
  };
}

function temporalSettings({ flags, env, config: { temporal = {} }, profile }: SettingsInput) {
  const address = pick.firstText(
    pick.flag("--server-address", flags.serverAddress),
    pick.variable("TEMPORAL_ADDRESS", env),
    pick.profiled("address", profile, true),
    pick.file(temporal.address),
    pick.profiled("address", profile, false),
  );
  const namespace = pick.firstText(
    pick.flag("--namespace", flags.namespace),
    pick.variable("TEMPORAL_NAMESPACE", env),
    pick.profiled("namespace", profile, true),
    pick.file(temporal.namespace),
    pick.profiled("namespace", profile, false),
  );
  const taskQueue = pick.firstText(
    pick.flag("--task-queue", flags.taskQueue),
    pick.variable("TEMPORAL_TASK_QUEUE", env),
    pick.file(temporal.task_queue),
  );
  if (address !== null) pick.checked(address, parseEndpoint, "is not an address; write HOST:PORT");
  return {
    serverAddress: address?.text ?? D["temporal.address"],
    serverAddressGiven: address !== null,
    namespace: namespace?.text ?? D["temporal.namespace"],
    taskQueue: taskQueue?.text ?? D["temporal.task_queue"],
    embedded: embeddedSetting(flags.embedded ?? temporal.embedded ?? D["temporal.embedded"]),
    uiPort: temporal.ui_port ?? D["temporal.ui_port"],
  };
}

function embeddedSetting(value: boolean | Embedded): Embedded {
  if (typeof value !== "boolean") return value;
  return value ? "always" : "never";
}

function hostSetting({ flags, config, defaults }: SettingsInput): string {
  const given = pick.firstText(pick.flag("--host", flags.host), pick.file(config.daemon?.host));
  if (given === null) return hostNameFrom(defaults.osHostName);
  return pick.checked(
    given,
    (text) => (isHostName(text) ? text : undefined),
    "is not a host name; use letters, digits, dot, dash and underscore",
  );
}

function daemonSettings({ flags, env, config, defaults }: SettingsInput) {
  const { daemon = {}, logging = {}, metrics = {} } = config;
  const apiAddr = pick.firstText(pick.flag("--api-addr", flags.apiAddr), pick.file(daemon.api_addr));
  const format = pick.firstText(pick.flag("--log-format", flags.logFormat), pick.file(config.log_format ?? logging.format));
  const level = pick.firstText(pick.flag("--log-level", flags.logLevel), pick.file(config.log_level ?? logging.level));
  const onStop = pick.firstText(pick.flag("--on-stop", flags.onStop), pick.file(daemon.on_stop));
  const routing = flags.routingOutput === undefined ? daemon.routing_output : absolutePath(flags.routingOutput, defaults.cwd);
  return {
    onStop: pick.word(onStop, ON_STOP, D["daemon.on_stop"]),
    portRange: parsePortRange(daemon.port_range ?? D["daemon.port_range"])!,
    apiAddr:
      apiAddr === null ? null : pick.checked(apiAddr, parseEndpoint, 'is not an address; write HOST:PORT, for example "127.0.0.1:9876"'),
    routingOutput: routing ?? null,
    logFormat: pick.word(format, LOG_FORMATS, D.log_format),
    logLevel: pick.word(level, LOG_LEVELS, D.log_level),
    auditTrail: auditSetting(flags, env, config, defaults),
    statusApi: config.status_api ?? D.status_api,
    statusApiAddr: parseEndpoint(config.status_api_addr ?? D.status_api_addr)!,
    statusApiRequireAuth: config.status_api_require_auth ?? D.status_api_require_auth,
    metricsRequireToken: metrics.require_token ?? D["metrics.require_token"],
    metricsTokenFile: metrics.token_file ?? null,
  };
}

function auditSetting(flags: Flags, env: Environment, config: Config, defaults: SettingsInput["defaults"]): Settings["auditTrail"] {
  const given = pick.firstText(
    pick.flag("--audit-trail", flags.auditTrail),
    pick.variable("AURA_AUDIT_TRAIL", env),
    pick.file(config.audit?.trail),
  );
  const trail = pick.checked(
    given ?? pick.file(D["audit.trail"])!,
    parseAuditTrail,
    "is not an audit trail; write memory, sqlite, sqlite:PATH or temporal",
  );
  if (trail.backend !== "sqlite") return trail;
  return {
    backend: "sqlite",
    path: trail.path === undefined ? defaults.auditDb : absolutePath(expandTilde(trail.path, defaults.home), defaults.cwd),
  };
}

function syncSettings({ flags, config, positional = [], defaults }: SettingsInput) {
  const interval = pick.flag("--interval", flags.interval);
  const intervalMs =
    interval === null
      ? null
      : pick.checked(interval, pick.secondOrMore, 'is not a duration of at least 1s; write for example "30s" or "5m"');
  return {
    statusTickHistory: config.status_tick_history ?? D.status_tick_history,
    intervalMs,
    watcherFallback: config.watcher_fallback ?? D.watcher_fallback,
    roots: rootSettings({ config, intervalMs, positional, ...defaults }),
    defaultIntervalMs: pick.ms(config.default_interval ?? D.default_interval),
    watcherDebounceMs: pick.ms(config.watcher_debounce ?? D.watcher_debounce),
    headPollIntervalMs: pick.ms(config.head_poll_interval ?? D.head_poll_interval),
    headPollMaxIntervalMs: pick.ms(config.head_poll_max_interval ?? D.head_poll_max_interval),
  };
}

function mothershipSettings({ mothership = {} }: Config, host: string): Settings["mothership"] {
  return {
    bind: mothership.bind ?? D["mothership.bind"],
    port: mothership.port ?? D["mothership.port"],
    displayName: mothership.display_name ?? host,
  };
}
