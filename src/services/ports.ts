import type { Supervised } from "./supervised.js";
import type { HealthSpec, ServiceSpec, SignalName } from "./spec.js";
import type { Exit, Transition } from "./snapshot.js";

/** Reads the spec directory. Implemented by adapters/specs. */
export interface SpecsPort {
  /** Loads every spec file. A bad file is reported and its last good version stays in `specs`. */
  load(): Promise<SpecSet>;
  /** Calls back after 500 ms of quiet following a change in the directory. Returns a closer. */
  watch(onChange: () => void): Promise<() => Promise<void>>;
}

export interface SpecSet {
  readonly specs: ReadonlyMap<string, ServiceSpec>;
  /** One per problem: `FILE:LINE: KEY: what is wrong; fix`. */
  readonly errors: readonly SpecError[];
}

export interface SpecError {
  readonly file: string;
  /** 1-based; 0 when the whole file is meant. */
  readonly line: number;
  /** Dotted path, e.g. `health.interval`; empty for the file. */
  readonly key: string;
  /** The whole line as printed: file, line, key, value, what is wrong and the fix. */
  readonly message: string;
}

/** One health probe, done once. Resolves to null when healthy, else to a one-line reason. Never rejects. */
export interface ProbePort {
  probe(target: ProbeTarget): Promise<string | null>;
}

export interface ProbeTarget {
  readonly service: string;
  readonly health: HealthSpec;
  /** The effective port: health.port, else the service's own. */
  readonly port: number | null;
  /** For exec probes. */
  readonly workingDir?: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Hands out TCP ports, the same one for a name as long as it is free; remembers over restarts. */
export interface PortAllocator {
  /** Resolves to a bindable port of the range; rejects with AuraError when none is free. */
  allocate(service: string): Promise<number>;
  /** Gives `port` to `service` without a test: it is running with it. */
  reserve(service: string, port: number): void;
  /** Forgets the reservation of a removed service. */
  release(service: string): void;
}

/** The log files of services: `state/log/services/NAME.log`, written by the services themselves. */
export interface ServiceLogsPort {
  /** Opens NAME.log for appending (0600) and returns a descriptor that the process inherits. Synchronous: on the restart path. */
  open(service: string): number;
  /** Sets the limits of rotation for a service's log. */
  configure(service: string, limits: { readonly maxSizeBytes: number; readonly keep: number }): void;
  /** Resolves true once a line written after `fromOffset` contains `text`, false when aborted. */
  waitForLine(service: string, text: string, fromOffset: number, signal: AbortSignal): Promise<boolean>;
  /** Bytes ever written to the service's log (monotonic over rotations). */
  offset(service: string): number;
}

/** Durable, ordered, local record of what happened; readers keep their own cursors. */
export interface JournalPort {
  /** Appends at once (survives a kill of aurad when it returns); fdatasync follows shortly. */
  append(record: JournalRecord): number;
  /** Every record after `after`, oldest first. */
  read(after: number): readonly { readonly offset: number; readonly record: JournalRecord }[];
  cursor(reader: string): number;
  /** Remembers that `reader` is done with everything up to and including `offset`. */
  commit(reader: string, offset: number): void;
}

export type JournalRecord = { readonly kind: "transition"; readonly transition: Transition };

/** Starts, finds again and ends the processes of services. The guardian is its only user. */
export interface RunsPort {
  /**
   * Starts a process in a session and process group of its own. Returns at once; `running` or `exited` follows.
   * Throws AuraError when the program cannot be started (missing, not executable, no such directory).
   */
  start(request: RunRequest): void;
  /** Runs of this home that have live processes now, by the mark these carry. For the start of aurad: one pass over the process table. */
  live(): readonly RunId[];
  /**
   * Looks for a run that an earlier aurad started. Never starts anything; an unclaimed run is made void for good.
   * `seen`: its program was known to run, so that it is looked for even when its files are gone.
   */
  adopt(run: RunId, seen: boolean): Adoption;
  /** Ends what lives of a run that is nobody's any more; nothing is reported. Resolves when nothing is left. */
  end(run: RunId): Promise<void>;
  /**
   * Signals the whole group, then SIGKILL to the whole tree after timeoutMs; `exited` follows once nothing is left.
   * Returns false when there is no process to end.
   */
  terminate(service: string, signal: SignalName, timeoutMs: number): boolean;
  /** Forgets the files of a run that is over and accounted for. */
  forget(run: RunId): void;
  /** Forgets the files that an earlier aurad left, but those of the named runs. */
  tidy(keep: readonly RunId[]): void;
  /** Stops watching; touches no process. */
  close(): void;
}

export interface RunId {
  readonly service: string;
  readonly generation: number;
}

export interface RunRequest extends RunId {
  /** A restart of what ran before: the program need not be looked for again, its own failure would tell. */
  readonly again: boolean;
  readonly command: readonly string[];
  readonly workingDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly umask?: number;
  readonly user?: string;
  /** Descriptor for stdout and stderr; closed by `start`. */
  readonly output: number;
}

export type Adoption =
  | { readonly found: "alive"; readonly pid: number }
  /** It ended while no aurad ran; `exited` follows once nothing is left of it. */
  | { readonly found: "ended" }
  | { readonly found: "void" };

export interface RunListener {
  running(run: RunId, pid: number): void;
  /** Every process of the run is gone. `note` says what was left behind and had to be ended. */
  exited(run: RunId, exit: Exit, note?: string): void;
}

/** Durable state of the supervised services, a record each; `save` survives a kill of aurad when it returns. */
export interface RecordsPort {
  load(): Map<string, ServiceRecord>;
  save(name: string, record: ServiceRecord): void;
  remove(name: string): void;
}

/** What aurad must know of a service to go on after it was killed itself. */
export interface ServiceRecord {
  readonly supervised: Supervised;
  readonly bootId: string;
}

export interface ClockPort {
  /** Wall clock, ms since the epoch: for people only. */
  now(): number;
  /** Ms since the host booted: for every measurement, immune to clock jumps. */
  uptimeMs(): number;
}
