import type { FastifyInstance } from "fastify";
import type { ApiDeps } from "../deps.js";
import { gcRequest, manifestsLimit, restoreRequest, syncRequest, ticksLimit, verifyRequest } from "../root-requests.js";

type Named = { Params: { id: string } };
type Limited = Named & { Querystring: { limit?: string } };

/** Commands are answered when they are done, however long that takes; who goes away stops nothing. */
export function addRootRoutes(app: FastifyInstance, { roots }: Pick<ApiDeps, "roots">): void {
  app.get("/v1/roots", async () => ({ schema_version: 1, roots: await roots.list() }));
  app.get<Named>("/v1/roots/:id", async ({ params }) => ({ schema_version: 1, ...(await roots.get(params.id)) }));
  app.get<Limited>("/v1/roots/:id/ticks", async ({ params, query }) => {
    const limit = ticksLimit(query.limit);
    return { ...(await named(params.id)), ticks: await roots.ticks(params.id, limit) };
  });
  app.get<Named>("/v1/roots/:id/progress", async ({ params }) => ({
    ...(await named(params.id)),
    progress: await roots.progress(params.id),
  }));
  app.get<Limited>("/v1/roots/:id/log", async ({ params, query }) => {
    const limit = manifestsLimit(query.limit);
    return { ...(await named(params.id)), manifests: await roots.log(params.id, limit) };
  });
  app.post<Named>("/v1/roots/:id/sync", async ({ params, body }) => {
    const request = syncRequest(body);
    return { ...(await named(params.id)), tick: await roots.sync(params.id, request) };
  });
  app.post<Named>("/v1/roots/:id/restore", async ({ params, body }) => {
    const { path, at } = restoreRequest(body);
    return { ...(await named(params.id)), ...(await roots.restore(params.id, path, at)) };
  });
  app.post<Named>("/v1/roots/:id/gc", async ({ params, body }) => {
    const options = gcRequest(body);
    return { ...(await named(params.id)), ...(await roots.gc(params.id, options)) };
  });
  app.post<Named>("/v1/roots/:id/verify", async ({ params, body }) => {
    const options = verifyRequest(body);
    return { ...(await named(params.id)), ...(await roots.verify(params.id, options)) };
  });

  /** It may be asked for by its path. */
  async function named(id: string): Promise<{ schema_version: 1; root_id: string }> {
    return { schema_version: 1, root_id: (await roots.get(id)).root_id };
  }
}
