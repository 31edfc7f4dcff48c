import type { FastifyInstance } from "fastify";
import type { LogQuery } from "../../services/control.js";
import { parseDuration } from "../../shared/durations.js";
import { AuraError, asAuraError } from "../../shared/errors.js";
import { errorBody } from "../answers.js";
import type { ApiDeps } from "../deps.js";
import { openEventStream } from "../event-stream.js";

const DEFAULT_LINES = 100;
const MAX_LINES = 10_000;

type LogRequest = {
  Params: { name: string };
  Querystring: { n?: string; since?: string; grep?: string; follow?: string };
};

export function addLogRoutes(app: FastifyInstance, deps: ApiDeps, closing: AbortSignal): void {
  app.get<LogRequest>("/v1/services/:name/logs", async (request, reply) => {
    const { name } = request.params;
    const query = logQuery(request.query);
    if (request.query.follow !== "1" && request.query.follow !== "true") {
      return { schema_version: 1, service: name, lines: await deps.logs.tail(name, query) };
    }
    // Read once before the stream opens: an unknown service is a 404, not a broken stream.
    await deps.logs.tail(name, { ...query, lines: 1 });
    const stream = openEventStream(reply, deps.heartbeatMs ?? 15_000, closing);
    try {
      for await (const line of deps.logs.follow(name, query, stream.signal)) stream.send({ data: line });
    } catch (error) {
      stream.send({ type: "error", data: errorBody(asAuraError(error)) });
    }
    stream.end();
    return reply;
  });
}

function logQuery(query: LogRequest["Querystring"]): LogQuery {
  return {
    lines: lineCount(query.n),
    ...(query.since === undefined ? {} : { sinceMs: Date.now() - ago(query.since) }),
    ...(query.grep === undefined ? {} : { grep: pattern(query.grep) }),
  };
}

/** Lines asked for by `n`; throws AuraError `usage`. */
export function lineCount(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LINES;
  if (!/^\d{1,9}$/.test(text)) {
    throw new AuraError("usage", `n is ${JSON.stringify(text)}, not a number of lines`, { fix: `give 0 to ${MAX_LINES}` });
  }
  return Math.min(Number(text), MAX_LINES);
}

function ago(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) {
    throw new AuraError("usage", `since is ${JSON.stringify(text)}, not a duration`, { fix: "write it as 90s, 10m or 2h" });
  }
  return ms;
}

function pattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch (error) {
    throw new AuraError("usage", `grep is not a regular expression: ${asAuraError(error).message}`, {
      fix: "escape special characters with a backslash",
    });
  }
}
