/**
 * One service as the supervisor uses it: validated, with every default filled in, paths absolute.
 * Read from `config/services/*.yaml` by adapters/specs; never enters a workflow (env values are private).
 * Durations are milliseconds, sizes bytes.
 */
export interface ServiceSpec {
  readonly name: string;
  readonly type: ServiceType;
  /**
   * Program and arguments, already split. Native only. As in `health.command` and `env`, each is a template:
   * `${PORT}` and `${SERVICE_NAME}` are unfilled and literal dollars doubled until fillStartVariables.
   */
  readonly command?: readonly string[];
  readonly workingDir?: string;
  readonly container?: ContainerSpec;
  /** undefined: no port; 0: allocate from the host's port range. */
  readonly port?: number;
  readonly routing?: RoutingSpec;
  readonly health?: HealthSpec;
  readonly restart: RestartSpec;
  readonly stop: StopSpec;
  /** Exit statuses that count as success beside 0. */
  readonly successExitCodes: readonly number[];
  /** The service counts as ready once a line of its output contains this text (no health block). */
  readonly readyLogLine?: string;
  readonly log: { readonly maxSizeBytes: number; readonly keep: number };
  readonly umask?: number;
  /** Run as this user; only accepted when aurad runs as root. */
  readonly user?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Environment variable -> secret reference. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Start only after these are ready. */
  readonly after: readonly string[];
  /** Subset of `after`: when one stops for good or fails, this service is stopped with it. */
  readonly requires: readonly string[];
  /** SHA-256 of the canonical normalised spec (hex); equal hash means nothing to restart. */
  readonly hash: string;
  /** Absolute path of the file it came from. */
  readonly file: string;
}

export type ServiceType = "native" | "container" | "external";

export interface ContainerSpec {
  readonly image: string;
  readonly networkMode: string;
  readonly privileged: boolean;
  readonly volumes: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

export interface RoutingSpec {
  readonly hostname: string;
  readonly tls: boolean;
  readonly tlsOptions?: string;
}

export interface HealthSpec {
  readonly type: "http" | "tcp" | "exec";
  /** http only; starts with "/". */
  readonly path?: string;
  /** Default: the service's effective port. */
  readonly port?: number;
  /** exec only: program and arguments. */
  readonly command?: readonly string[];
  /** Default 10 s. */
  readonly intervalMs: number;
  /** Default 2 s. */
  readonly timeoutMs: number;
  /** Wait before the first check. Default 0. */
  readonly gracePeriodMs: number;
  /** Consecutive failures before the service counts as unhealthy. Default 3. */
  readonly unhealthyThreshold: number;
}

export interface RestartSpec {
  /** Default on-failure. `oneshot`: runs to completion; success keeps it `running` without a pid. */
  readonly policy: "always" | "on-failure" | "never" | "oneshot";
  /** Restarts since the last stable run before giving up; 0 = unlimited (default). */
  readonly maxAttempts: number;
  /** First delay. Default 1 s; 0 restarts at once. */
  readonly delayMs: number;
  /** Default exponential (doubles each attempt). */
  readonly backoff: "fixed" | "exponential";
  /** Cap for exponential. Default 30 s. */
  readonly maxDelayMs: number;
  /** A run at least this long is stable and clears the attempt count. Default 60 s. */
  readonly resetAfterMs: number;
}

export interface StopSpec {
  /** Default SIGTERM. */
  readonly signal: SignalName;
  /** Default 10 s, then SIGKILL to the whole tree. */
  readonly timeoutMs: number;
}

export type SignalName = "SIGTERM" | "SIGINT" | "SIGQUIT" | "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGKILL";

/** What a workflow may know of a spec: names and shape, no command, no env. */
export interface SpecOutline {
  readonly name: string;
  readonly type: ServiceType;
  readonly after: readonly string[];
  readonly requires: readonly string[];
  readonly hash: string;
  /** True for a service whose readiness is a health probe. */
  readonly health: boolean;
  /** Why this version cannot run it (container driver, secrets), in one line. */
  readonly unsupported?: string;
}

export function outline(spec: ServiceSpec): SpecOutline {
  const unsupported = unsupportedReason(spec);
  return {
    name: spec.name,
    type: spec.type,
    after: spec.after,
    requires: spec.requires,
    hash: spec.hash,
    health: spec.health !== undefined,
    ...(unsupported === undefined ? {} : { unsupported }),
  };
}

/** Parsed and validated, but not runnable yet: said at `up`, never silently skipped. */
export function unsupportedReason(spec: ServiceSpec): string | undefined {
  if (spec.type === "container") {
    return `service ${spec.name} is a container; the container driver is not part of this version`;
  }
  if (Object.keys(spec.secrets).length > 0) {
    return `service ${spec.name} uses secrets; the secret store is not part of this version`;
  }
  return undefined;
}
