import type { FastifyReply } from "fastify";
import type { CommandResult } from "../services/control.js";
import { AuraError, ERRORS, asAuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly fix: string };
}

export function errorBody(error: AuraError): ErrorBody {
  const message = error.effect === undefined ? error.message : `${error.message}; ${error.effect}`;
  return { error: { code: error.code, message, fix: error.fix } };
}

/**
 * Any failure of a request as an AuraError. What is not one of ours keeps its text to itself:
 * it could carry a value that no API answer may show.
 */
export function requestError(error: unknown, log: Log): AuraError {
  if (error instanceof AuraError) return error;
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new AuraError("too_large", "the body is larger than 1 MiB");
  if (statusCode !== undefined && statusCode < 500) {
    return new AuraError("usage", `the request is not valid: ${message ?? "bad request"}`, { fix: "see docs/reference/api.md" });
  }
  log.error({ error: asAuraError(error).message }, "a request failed");
  return new AuraError("internal", "the request failed inside aurad", { fix: "see aurad's log; this is a defect of Aura" });
}

/** 202 when everything was accepted; 409 when a service was refused, with both lists in either case. */
export function sendCommand(reply: FastifyReply, result: CommandResult): FastifyReply {
  if (result.refused.length === 0) return reply.code(202).send({ schema_version: 1, ...result });
  const message = result.refused.map((row) => `${row.name}: ${row.reason}`).join("; ");
  const error = new AuraError("refused", message);
  return reply.code(ERRORS.refused.http).send({ schema_version: 1, ...errorBody(error), ...result });
}
