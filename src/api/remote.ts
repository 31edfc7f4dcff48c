import type { ConnectionOptions } from "@temporalio/client";
import type { EpochsControl } from "../epochs/control.js";
import type { ServicesControl } from "../services/control.js";
import type { RootsControl } from "../sync/control.js";

/** One host of the namespace, as `aura-msg hosts` lists it. */
export interface HostRow {
  readonly host: string;
  /** `http://HOST:PORT` of its `--api-addr`; null when it has none. */
  readonly api_url: string | null;
  readonly state: string;
  readonly aurad_pid: number | null;
  /** RFC 3339, UTC; null when never. */
  readonly last_seen: string | null;
}

export interface TemporalControlOptions {
  readonly address: string;
  readonly namespace: string;
  readonly host: string;
  /** Of epochs. */
  readonly taskQueue?: string;
  /** API key, TLS and metadata, as the SDK's environment configuration reads them. */
  readonly credentials?: Pick<ConnectionOptions, "apiKey" | "tls" | "metadata">;
}

/** The services of any host, asked through its workflows. Failures are AuraError. */
export interface TemporalControl extends ServicesControl {
  hosts(): Promise<HostRow[]>;
  close(): Promise<void>;
}

/** The epochs of a namespace, asked through their workflows. Failures are AuraError. */
export interface TemporalEpochs extends EpochsControl {
  close(): Promise<void>;
}

/** The sync roots of any host, asked through their workflows. Failures are AuraError. */
export interface TemporalRoots extends RootsControl {
  close(): Promise<void>;
}
