import type { FastifyInstance } from "fastify";
import type { ServiceStatus } from "../../services/control.js";
import { STATES, type State } from "../../services/snapshot.js";
import type { ApiDeps } from "../deps.js";
import { renderMetrics } from "../metrics.js";

export function addDaemonRoutes(app: FastifyInstance, deps: ApiDeps): void {
  app.get("/v1/healthz", () => ({ ok: true }));
  app.get<{ Querystring: { look?: string } }>("/v1/health", async ({ query }) => {
    // A client that only wants to know whom it talks to does not wait for Temporal.
    if (query.look !== "0") await deps.look?.();
    const { ok, problems } = deps.health();
    return { schema_version: 1, ok, problems, ...daemon(deps) };
  });
  app.get("/v1/status", async () => {
    const [{ services }, roots] = await Promise.all([deps.control.status(), deps.roots.list(), deps.look?.()]);
    return { schema_version: 1, ...daemon(deps), roots, services: countStates(services) };
  });
  app.get("/metrics", async (_request, reply) => {
    const [{ services }, roots] = await Promise.all([deps.control.status(), deps.roots.list(), deps.look?.()]);
    const text = renderMetrics({ ...deps, services, roots, connected: deps.health().temporal.connected, process });
    return reply.type("text/plain; version=0.0.4; charset=utf-8").send(text);
  });
}

function daemon(deps: ApiDeps): Record<string, unknown> {
  const { temporal } = deps.health();
  return {
    host: deps.host,
    pid: deps.pid,
    version: deps.version,
    started_at: new Date(deps.startedAt).toISOString(),
    temporal: {
      address: temporal.address,
      namespace: temporal.namespace,
      connected: temporal.connected,
      web_ui: temporal.webUi,
    },
  };
}

/** `{total, pending, starting, …}`: every state is there, also at 0. */
export function countStates(services: readonly ServiceStatus[]): { total: number } & Record<State, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>;
  for (const service of services) counts[service.state] += 1;
  return { total: services.length, ...counts };
}
