import { randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { Asker } from "../services/control.js";

/** Who asks, shown by `why`. Without it the host's own name stands there. */
export const BY_HEADER = "x-aura-by";
/** The same key is carried out once. */
export const REQUEST_ID_HEADER = "idempotency-key";

export function askerOf(request: FastifyRequest, host: string): Asker {
  return { by: `api@${host}`, requestId: randomUUID(), ...named(request) };
}

/** The same for a message that may carry both itself; headers go first. */
export function signed<T extends object>(
  message: T,
  request: FastifyRequest,
  host: string,
): T & { readonly by: unknown; readonly key: unknown } {
  const { by, requestId } = named(request);
  return {
    by: `api@${host}`,
    key: randomUUID(),
    ...message,
    ...(by === undefined ? {} : { by }),
    ...(requestId === undefined ? {} : { key: requestId }),
  };
}

function named(request: FastifyRequest): Partial<Asker> {
  const [by, requestId] = [header(request, BY_HEADER), header(request, REQUEST_ID_HEADER)];
  return { ...(by === undefined ? {} : { by }), ...(requestId === undefined ? {} : { requestId }) };
}

/** Goes into histories and onto terminals: printable and short, or not at all. */
function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" && /^[\x21-\x7e]{1,128}$/.test(value) ? value : undefined;
}
