import { StoreError } from "../../sync/ports.js";

/** A request as a plan sees it; `create`, `part` and `complete` are those of `putParts`. */
export interface FaultRequest {
  /** From 0, over the life of the store, in the order in which they begin. */
  readonly index: number;
  readonly operation: FaultOperation;
  /** Or a prefix; the first of several. */
  readonly key: string;
}

export type FaultOperation = "get" | "read" | "put" | "create" | "part" | "complete" | "list" | "delete" | "listUploads" | "abortUpload";

/**
 * `offline`, `server_error`: nothing is done (`server_error`: 500 after all retries). `hang`: nobody answers until the signal
 * aborts, or `hangMs` are over. `lost`: the server does it, the answer is lost. `truncated`: half a body, then `corrupt`;
 * for others than `get` and `read` as `lost`. `wrong_etag`: done, then `corrupt`; for others than `put` and `complete` as `lost`.
 */
export type Fault = "offline" | "server_error" | "hang" | "lost" | "truncated" | "wrong_etag" | "denied" | "no_bucket";

/** What happens to a request; null: nothing. */
export type FaultPlan = (request: FaultRequest) => Fault | null;

/** Each request has a fault with the probability `share`. `random`: in [0, 1). */
export function seededFaults(random: () => number, share: number, faults: readonly Fault[]): FaultPlan {
  return () => (random() < share ? faults[Math.floor(random() * faults.length)]! : null);
}

/** Faults by index of the request. */
export function scriptedFaults(script: Readonly<Record<number, Fault>>): FaultPlan {
  return ({ index }) => script[index] ?? null;
}

/** The network is cut after `count` requests, and stays so. */
export function cutAfter(count: number): FaultPlan {
  return ({ index }) => (index < count ? null : "offline");
}

/** What a request is refused with, of whose fault the server knows nothing; undefined for the other faults. */
export function refusalOf(fault: Fault, key: string): StoreError | undefined {
  switch (fault) {
    case "offline":
    case "hang":
      return new StoreError("offline", `nobody answers (asked for ${key})`);
    case "server_error":
      return new StoreError("offline", `the server answers 500 (asked for ${key})`);
    case "denied":
      return new StoreError("denied", "the server refuses these credentials");
    case "no_bucket":
      return new StoreError("no_bucket", "there is no bucket of this name");
    default:
      return undefined;
  }
}

/** What is heard of a request that the server has done. */
export function answerOf(fault: Fault, { operation, key }: FaultRequest): StoreError {
  if (cutsBody(fault, operation)) return new StoreError("corrupt", `half of ${key} came`);
  if (fault === "wrong_etag" && (operation === "put" || operation === "complete")) {
    return new StoreError("corrupt", `the server has stored something else as ${key}`);
  }
  return new StoreError("offline", `the answer was lost (asked for ${key})`);
}

export function cutsBody(fault: Fault | null, operation: FaultOperation): boolean {
  return fault === "truncated" && (operation === "get" || operation === "read");
}
