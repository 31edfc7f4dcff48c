import type { FastifyInstance } from "fastify";
import { AuraError } from "../../shared/errors.js";
import { sendCommand } from "../answers.js";
import { askerOf } from "../asker.js";
import type { ApiDeps } from "../deps.js";

type Named = { Params: { name: string } };

export function addServiceRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { control, host } = deps;
  app.get("/v1/services", () => control.status());
  app.get<Named>("/v1/services/:name", async (request) => {
    const { name } = request.params;
    const status = await control.status();
    const service = status.services.find((row) => row.name === name);
    if (service === undefined) throw unknownService(name, status.host);
    return { schema_version: 1, host: status.host, ...service };
  });
  app.get<Named>("/v1/services/:name/why", (request) => control.why(request.params.name));
  app.get("/v1/graph", () => control.graph());

  app.post<Named>("/v1/services/:name/start", async (request, reply) =>
    sendCommand(reply, await control.up([request.params.name], askerOf(request, host))),
  );
  app.post<Named>("/v1/services/:name/stop", async (request, reply) =>
    sendCommand(reply, await control.down([request.params.name], askerOf(request, host))),
  );
  app.post<Named>("/v1/services/:name/restart", async (request, reply) =>
    sendCommand(reply, await control.restart(request.params.name, askerOf(request, host))),
  );
  app.post("/v1/up", async (request, reply) => sendCommand(reply, await control.up(namesOf(request.body), askerOf(request, host))));
  app.post("/v1/down", async (request, reply) => sendCommand(reply, await control.down(namesOf(request.body), askerOf(request, host))));
  app.post("/v1/reload", async (request) => ({
    schema_version: 1,
    ...(await control.reload(askerOf(request, host))),
  }));
}

export function unknownService(name: string, host: string): AuraError {
  return new AuraError("not_found", `host ${host} has no service ${name}`);
}

/** `{"names":["a","b"]}`; no body or no names: all. */
function namesOf(body: unknown): readonly string[] {
  if (body === undefined || body === null) return [];
  const names = typeof body === "object" && "names" in body ? body.names : [];
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new AuraError("usage", "`names` is not a list of strings", { fix: 'send {"names":["NAME"]}' });
  }
  return names;
}
