import Fastify, { type FastifyInstance } from "fastify";
import { AuraError, ERRORS } from "../shared/errors.js";
import { silentLog } from "../shared/log.js";
import { errorBody, requestError } from "./answers.js";
import type { ApiDeps } from "./deps.js";
import { addGuards } from "./guard.js";
import { addDaemonRoutes } from "./routes/daemon.js";
import { addEpochRoutes } from "./routes/epochs.js";
import { addEventRoutes } from "./routes/events.js";
import { addLogRoutes } from "./routes/logs.js";
import { addPageRoutes } from "./routes/page.js";
import { addRootRoutes } from "./routes/roots.js";
import { addServiceRoutes } from "./routes/services.js";
import { addSliceLogRoutes } from "./routes/slice-logs.js";

const BODY_LIMIT = 1024 * 1024;

/** The whole API, not listening: `inject` it in tests, give it to a listener of `listen.ts`. */
export function buildApi(deps: ApiDeps): FastifyInstance {
  const log = deps.log ?? silentLog;
  const app = Fastify({ logger: false, bodyLimit: BODY_LIMIT, routerOptions: { ignoreTrailingSlash: true } });
  const closing = new AbortController();
  app.addHook("preClose", async () => closing.abort());
  acceptJsonOnly(app);
  addGuards(app, deps);
  app.setErrorHandler((thrown, _request, reply) => {
    const error = requestError(thrown, log);
    if (error.code === "temporal_unreachable" || error.code === "host_unreachable") deps.unreachable?.();
    return reply.code(ERRORS[error.code].http).send(errorBody(error));
  });
  app.setNotFoundHandler((request) => {
    throw new AuraError("not_found", `there is no ${request.method} ${request.url.split("?", 1)[0]}`, {
      fix: "see docs/reference/api.md",
    });
  });
  addServiceRoutes(app, deps);
  addLogRoutes(app, deps, closing.signal);
  addDaemonRoutes(app, deps);
  addRootRoutes(app, deps);
  addEpochRoutes(app, deps);
  addSliceLogRoutes(app, deps, closing.signal);
  addEventRoutes(app, deps, closing.signal);
  addPageRoutes(app);
  return app;
}

/** Bodies are JSON whatever their content type says, and may be absent: `curl -X POST` sends a form type. */
function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    const text = body.toString();
    if (text.trim() === "") return done(null, undefined);
    try {
      done(null, JSON.parse(text) as unknown);
    } catch {
      done(new AuraError("usage", "the body is not valid JSON", { fix: "send a JSON document" }));
    }
  });
}
