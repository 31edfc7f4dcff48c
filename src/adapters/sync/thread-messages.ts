import { AuraError, type ErrorCode } from "../../shared/errors.js";
import type { LogFields } from "../../shared/log.js";
import { StoreError, type StoreErrorKind } from "../../sync/ports.js";
import type { RootIdentity, RootLimits } from "../../sync/root.js";
import type { TickProgress } from "../../sync/tick.js";

/* What the process and its sync thread tell each other. */

/** What the thread is started with. */
export interface ThreadData {
  /** Folder of the state databases, absolute. */
  readonly stateDir: string;
  /** Absolute path of config/`env`. */
  readonly envFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type Method = "open" | "tick" | "reloadIgnore" | "seenHeads" | "listHeads" | "log" | "restore" | "gc" | "verify" | "close";

export type ToThread =
  | { readonly kind: "call"; readonly id: number; readonly root: number; readonly method: Method; readonly args: readonly unknown[] }
  | { readonly kind: "abort"; readonly id: number };

export type FromThread =
  | { readonly kind: "done"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly error: SentError }
  | { readonly kind: "progress"; readonly id: number; readonly progress: TickProgress }
  | {
      readonly kind: "log";
      readonly level: "trace" | "debug" | "info" | "warn" | "error";
      readonly fields: LogFields;
      readonly message: string;
    };

export interface OpenArgs {
  readonly path: string;
  readonly limits: RootLimits;
}

/** What `open` answers with. */
export interface Opened {
  readonly identity: RootIdentity;
  readonly caseSensitive: boolean;
}

/** An error as it crosses: classes do not. */
export type SentError =
  | { readonly type: "aura"; readonly code: ErrorCode; readonly message: string; readonly effect: string | undefined; readonly fix: string }
  | { readonly type: "store"; readonly kind: StoreErrorKind; readonly message: string };

export function sent(error: unknown): SentError {
  if (error instanceof StoreError) return { type: "store", kind: error.kind, message: error.message };
  if (error instanceof AuraError) return { type: "aura", code: error.code, message: error.message, effect: error.effect, fix: error.fix };
  const { code, message, fix } = new AuraError("internal", error instanceof Error ? error.message : String(error));
  return { type: "aura", code, message, effect: undefined, fix };
}

export function received(error: SentError): Error {
  if (error.type === "store") return new StoreError(error.kind, error.message);
  const { code, message, effect, fix } = error;
  return new AuraError(code, message, { fix, ...(effect === undefined ? {} : { effect }) });
}
