import type { FastifyInstance } from "fastify";
import type { SliceLogQuery } from "../../epochs/ports.js";
import { AuraError, asAuraError } from "../../shared/errors.js";
import { errorBody } from "../answers.js";
import type { ApiDeps } from "../deps.js";
import { epochIdOf, sliceIdOf } from "../epoch-requests.js";
import { openEventStream } from "../event-stream.js";
import { lineCount } from "./logs.js";

interface SliceLogRequest {
  Params: { id: string; slice: string };
  Querystring: { n?: string; attempt?: string; follow?: string };
}

export function addSliceLogRoutes(app: FastifyInstance, { sliceLogs: logs, heartbeatMs = 15_000 }: ApiDeps, closing: AbortSignal): void {
  app.get<SliceLogRequest>("/v1/epochs/:id/slices/:slice/logs", async (request, reply) => {
    const query = logQuery(request.params, request.query);
    const { epoch_id, slice_id } = query;
    if (request.query.follow !== "1" && request.query.follow !== "true") {
      return { schema_version: 1, epoch_id, slice_id, lines: await logs.tail(query) };
    }
    // Read once before the stream opens: an unknown log is a 404, not a broken stream.
    await logs.tail({ ...query, lines: 1 });
    const stream = openEventStream(reply, heartbeatMs, closing);
    try {
      for await (const line of logs.follow(query, stream.signal)) stream.send({ data: line });
    } catch (error) {
      stream.send({ type: "error", data: errorBody(asAuraError(error)) });
    }
    stream.end();
    return reply;
  });
}

function logQuery(params: SliceLogRequest["Params"], query: SliceLogRequest["Querystring"]): SliceLogQuery {
  return {
    epoch_id: epochIdOf(params.id),
    slice_id: sliceIdOf(params.slice),
    lines: lineCount(query.n),
    ...(query.attempt === undefined ? {} : { attempt: attemptOf(query.attempt) }),
  };
}

function attemptOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new AuraError("usage", `attempt is ${JSON.stringify(text)}, not a number`, { fix: "give 1 or more" });
}
