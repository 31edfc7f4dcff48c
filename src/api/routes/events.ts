import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../deps.js";
import { openEventStream } from "../event-stream.js";

/**
 * Events from now on. A `Last-Event-ID` is not answered with what was missed: a reader that
 * connects again reads the state first, as it does at its first connection.
 */
export function addEventRoutes(app: FastifyInstance, deps: ApiDeps, closing: AbortSignal): void {
  app.get("/v1/events", (_request, reply) => {
    const stream = openEventStream(reply, deps.heartbeatMs ?? 15_000, closing);
    const unsubscribe = deps.events.subscribe((event) => stream.send(event));
    stream.signal.addEventListener("abort", unsubscribe);
    if (stream.signal.aborted) unsubscribe();
    return reply;
  });
}
