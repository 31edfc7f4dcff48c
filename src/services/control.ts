import type { Health, Snapshot, State, Transition } from "./snapshot.js";
import type { SpecOutline } from "./spec.js";

/** `status --json` and GET /v1/services, to the letter of contract section 5. */
export interface StatusDocument {
  readonly schema_version: 1;
  readonly host: string;
  readonly services: readonly ServiceStatus[];
}

export interface ServiceStatus {
  readonly name: string;
  readonly type: "native" | "container" | "external";
  readonly state: State;
  readonly health: Health;
  readonly pid: number | null;
  readonly port: number | null;
  readonly uptime_s: number | null;
  readonly restart_count: number;
  readonly last_exit_code: number | null;
  readonly last_error: string | null;
  readonly generation: number;
  /** Why it is in this state; extra to the contract. */
  readonly reason: string;
  /** Dependents may start; extra to the contract. */
  readonly ready: boolean;
}

/** Who asks; goes into the history and is shown by `why`. */
export interface Asker {
  readonly by: string;
  /** Idempotency key: the same id is carried out once. */
  readonly requestId: string;
}

export interface CommandResult {
  /** One row per named service (and what was pulled in or cascaded). */
  readonly services: readonly { readonly name: string; readonly state: State; readonly ready: boolean; readonly reason: string }[];
  /** Services that were refused, each with one line. Non-empty means exit 3. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

export interface ReloadResult {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** One line a bad file; its last good version stays. */
  readonly errors: readonly string[];
}

export interface WhyDocument {
  readonly schema_version: 1;
  readonly host: string;
  readonly service: string;
  readonly snapshot: Snapshot | null;
  readonly desired: "up" | "down";
  /** Oldest first; at most 50. */
  readonly transitions: readonly Transition[];
}

export interface GraphDocument {
  readonly schema_version: 1;
  readonly host: string;
  readonly services: readonly (SpecOutline & { readonly desired: "up" | "down"; readonly state: State; readonly ready: boolean })[];
}

/**
 * Everything `aura-msg` and the HTTP API can ask of the services of one host.
 * Two implementations: over Temporal (any host) and over this host's socket. Failures are AuraError.
 */
export interface ServicesControl {
  status(): Promise<StatusDocument>;
  /** Empty names: all. Pulls in `after` and `requires` of the named ones. */
  up(names: readonly string[], asker: Asker): Promise<CommandResult>;
  down(names: readonly string[], asker: Asker): Promise<CommandResult>;
  restart(name: string, asker: Asker): Promise<CommandResult>;
  reload(asker: Asker): Promise<ReloadResult>;
  why(name: string): Promise<WhyDocument>;
  graph(): Promise<GraphDocument>;
}

/** Log text is read from the host itself, never through a history. */
export interface LogsPort {
  /** The last `lines` lines, oldest first; `sinceMs` limits by wall clock; `grep` is a JavaScript regular expression. */
  tail(name: string, options: LogQuery): Promise<readonly string[]>;
  /** Yields lines as they are written, starting with the tail; ends when the signal aborts. */
  follow(name: string, options: LogQuery, signal: AbortSignal): AsyncIterable<string>;
}

export interface LogQuery {
  readonly lines: number;
  /** Wall clock ms since the epoch: nothing that was written before. */
  readonly sinceMs?: number;
  readonly grep?: string;
}
