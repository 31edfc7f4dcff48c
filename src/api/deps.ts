import type { EpochsControl } from "../epochs/control.js";
import type { SessionProcess } from "../epochs/messages.js";
import type { SliceLogsPort } from "../epochs/ports.js";
import type { LogsPort, ServicesControl } from "../services/control.js";
import type { Log } from "../shared/log.js";
import type { RootsControl } from "../sync/control.js";

/** What the API is built from. One application, built once per listener: token and mode are the listener's own. */
export interface ApiDeps {
  readonly control: ServicesControl;
  readonly logs: LogsPort;
  /** The epochs of the namespace. */
  readonly epochs: EpochsControl;
  /** The sync roots of this host. */
  readonly roots: RootsControl;
  /** What slices wrote on this host. */
  readonly sliceLogs: SliceLogsPort;
  /** Whether exactly this process runs, on this host: sessions whose process is gone are shown so. */
  readonly alive?: (process: SessionProcess) => boolean;
  readonly host: string;
  readonly version: string;
  /** Wall clock, ms since the epoch. */
  readonly startedAt: number;
  readonly pid: number;
  readonly health: () => DaemonHealth;
  /** Finds out whether Temporal answers; what `health` says afterwards is of this moment. Never rejects. */
  readonly look?: () => Promise<void>;
  /** Called when Temporal did not answer a request. */
  readonly unreachable?: () => void;
  readonly events: EventSource;
  /** Bearer token every request must carry; null: none (the unix socket, or authentication turned off). */
  readonly token: string | null;
  readonly mode: ApiMode;
  readonly log?: Log;
  /** Time between two comments that keep an event stream open. Default 15 s. */
  readonly heartbeatMs?: number;
}

export type ApiMode = "full" | "read-only";

/** What all listeners share. */
export type SharedDeps = Omit<ApiDeps, "token" | "mode">;

export interface ApiEvent {
  /** Increasing; the `id:` of the event stream. */
  readonly id: number;
  /** `transition`, `reload`, …: one word without line breaks. */
  readonly type: string;
  readonly data: unknown;
}

export interface EventSource {
  /** Calls back for every event from now on; the result ends it. */
  readonly subscribe: (listener: (event: ApiEvent) => void) => () => void;
}

/** How the daemon itself is, beside its services. */
export interface DaemonHealth {
  /** False when `problems` is not empty. */
  readonly ok: boolean;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly connected: boolean;
    /** Temporal's Web UI; null when unknown. */
    readonly webUi: string | null;
  };
  /** One line each, worst first. */
  readonly problems: readonly string[];
}
