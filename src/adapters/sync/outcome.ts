import { AuraError, errorOfLine } from "../../shared/errors.js";
import { FormatError } from "../../sync/format-error.js";
import { StoreError } from "../../sync/ports.js";
import type { TickOutcome } from "../../sync/tick.js";
import { stateFailure } from "./state/failure.js";

/** What a tick came to that was ended by an error. `stateFile`: what an error of the database is about. */
export function outcomeOf(error: unknown, stateFile: string): TickOutcome {
  const failure = failureOf(error, stateFile);
  if (failure === "offline") return { kind: "offline", reason: (error as Error).message };
  return { kind: "error", code: failure.code, message: failure.line };
}

/** The same as an error, for what is no tick. */
export function errorOf(error: unknown, stateFile: string): AuraError {
  const failure = failureOf(error, stateFile);
  if (failure !== "offline") return failure;
  return errorOfLine("store_unreachable", (error as Error).message, { cause: error });
}

function failureOf(error: unknown, stateFile: string): AuraError | "offline" {
  if (error instanceof AuraError) return error;
  if (error instanceof StoreError) return error.kind === "offline" ? "offline" : storeFailure(error);
  if (error instanceof FormatError) return new AuraError("sync_failed", error.message, { fix: "see the message", cause: error });
  const state = stateFailure(stateFile, error);
  if (state instanceof AuraError) return state;
  if (isAbort(error)) return stopped(error);
  const message = error instanceof Error ? error.message : String(error);
  return new AuraError("internal", message.split("\n")[0]!, { cause: error });
}

/** The store says what to do itself. */
function storeFailure(error: StoreError): AuraError {
  switch (error.kind) {
    case "denied":
      return errorOfLine("store_denied", error.message, { cause: error });
    case "no_bucket":
      return errorOfLine("sync_failed", error.message, { effect: "nothing was changed", cause: error });
    case "aborted":
      return stopped(error);
    default:
      return error.message.includes("; ")
        ? errorOfLine("sync_failed", error.message, { cause: error })
        : new AuraError("sync_failed", error.message, { fix: "the next tick tries again", cause: error });
  }
}

function stopped(cause: unknown): AuraError {
  return new AuraError("sync_failed", "the tick was stopped", { fix: "the next tick goes on from there", cause });
}

function isAbort(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === "AbortError";
}
