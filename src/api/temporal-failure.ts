import { isGrpcServiceError, QueryNotRegisteredError, WorkflowNotFoundError, WorkflowUpdateFailedError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import { AuraError, type ErrorCode } from "../shared/errors.js";

/** gRPC status numbers; the enumeration itself is in a package of the client's own. */
const DEADLINE_EXCEEDED = 4;
/** A query whose queue nobody has polled for a while. */
export const FAILED_PRECONDITION = 9;
export const UNAVAILABLE = 14;
/** A workflow takes ten updates at a time only. */
export const RESOURCE_EXHAUSTED = 8;
const CANCELLED = 1;
/** By so much a server may be ahead of its clients. */
const EARLY_MS = 100;

/** What a failure means for what was asked. */
export interface Meaning {
  /** There is no such workflow. */
  missing(cause: unknown): AuraError;
  /** Nobody works on its queue. */
  silent(cause: unknown): AuraError;
  /** Failure types that validators of updates use. */
  readonly refusals: readonly ErrorCode[];
  /** What Temporal's absence means for the user's things. */
  readonly effect: string;
  /** When the call was to be given up, ms since 1970: the server may see that before the client does, and tell it as cancelled. */
  readonly deadline?: number;
}

/** A failure of Temporal's client as an AuraError. */
export function temporalFailure(error: unknown, meaning: Meaning): AuraError {
  if (error instanceof AuraError) return error;
  if (error instanceof WorkflowNotFoundError) return meaning.missing(error);
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { message, type, details } = error.cause;
    const fix: unknown = details?.[0];
    const options = { cause: error, ...(typeof fix === "string" && { fix }) };
    return new AuraError(meaning.refusals.find((code) => code === type) ?? "refused", message, options);
  }
  const told = grpcCode(error);
  const code = told === CANCELLED && Date.now() >= (meaning.deadline ?? Infinity) - EARLY_MS ? DEADLINE_EXCEEDED : told;
  if (code === UNAVAILABLE || code === CANCELLED)
    return new AuraError("temporal_unreachable", "Temporal does not answer", {
      effect: meaning.effect,
      fix: "try again when it is back",
      cause: error,
    });
  if (code === DEADLINE_EXCEEDED || code === FAILED_PRECONDITION || error instanceof QueryNotRegisteredError) return meaning.silent(error);
  if (code === RESOURCE_EXHAUSTED)
    return new AuraError("timeout", "as many as Temporal takes at a time wait for an answer already", {
      fix: "try again when one of them has got it",
      cause: error,
    });
  return new AuraError("internal", error instanceof Error ? error.message : String(error), { cause: error });
}

/** A service error may stand behind one or two wrappers. */
export function grpcCode(error: unknown): number | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (isGrpcServiceError(at)) return at.code;
  }
  return undefined;
}
