import type { Supervised } from "../../services/supervised.js";
import type { ServiceSpec } from "../../services/spec.js";

/** One row of the guardian's table. */
export interface Entry {
  supervised: Supervised;
  /** The spec to start with next; of a removed service its last one. */
  spec: ServiceSpec;
  /** Its spec file is gone: the row goes when the process has. */
  removed: boolean;
  /** A port is being looked for; the process follows. */
  launching: boolean;
  timer: NodeJS.Timeout | undefined;
  readyLine: AbortController | undefined;
}

/** Stands in for the spec of a service whose file vanished while no aurad ran: enough to stop it. */
export function vanishedSpec(supervised: Supervised): ServiceSpec {
  const { name, type, specHash } = supervised.snapshot;
  return {
    name,
    type,
    restart: { policy: "never", maxAttempts: 0, delayMs: 1000, backoff: "exponential", maxDelayMs: 30_000, resetAfterMs: 60_000 },
    stop: { signal: "SIGTERM", timeoutMs: 10_000 },
    successExitCodes: [],
    log: { maxSizeBytes: 10 << 20, keep: 5 },
    env: {},
    secrets: {},
    after: [],
    requires: [],
    hash: specHash ?? "",
    file: "",
  };
}
