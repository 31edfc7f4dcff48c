import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problemOf } from "../../epochs/check-message.js";
import type { EpochsControl } from "../../epochs/control.js";
import { withLiveness } from "../../epochs/liveness.js";
import type { Reply } from "../../epochs/state.js";
import type { EpochCommand } from "../../epochs/step.js";
import { ERRORS, AuraError } from "../../shared/errors.js";
import { errorBody } from "../answers.js";
import { signed } from "../asker.js";
import type { ApiDeps } from "../deps.js";
import { auditFilter, epochIdOf, objectOf, startRequest } from "../epoch-requests.js";

type Named = { Params: { id: string } };

/** Messages to an epoch: path, and what the reducer calls it. */
const MESSAGES = {
  advance: ["advance", "advance"],
  vote: ["vote", "vote"],
  blocker: ["finding", "finding"],
  answer: ["answer", "answer"],
  sessions: ["register_session", "registerSession"],
  "sessions/end": ["end_session", "endSession"],
  "slices/complete": ["complete_slice", "completeSlice"],
  "slices/retry": ["retry_slice", "retrySlice"],
  "slices/move": ["move_slice", "moveSlice"],
  cancel: ["cancel", "cancel"],
} as const satisfies Record<string, readonly [kind: EpochCommand["kind"], method: keyof EpochsControl]>;

export function addEpochRoutes(app: FastifyInstance, { epochs, host, alive }: ApiDeps): void {
  app.get("/v1/epochs", async () => ({ schema_version: 1, epochs: await epochs.list() }));
  app.get<Named>("/v1/epochs/:id", async ({ params }) => {
    const document = await epochs.state(epochIdOf(params.id));
    return alive === undefined ? document : withLiveness(document, host, alive);
  });
  app.get<Named & { Querystring: Record<string, string> }>("/v1/epochs/:id/audit", async ({ params, query }) => {
    const id = epochIdOf(params.id);
    const events = query["kept"] === "1" ? await epochs.keptAudit(id) : await epochs.audit(id, auditFilter(query));
    return { schema_version: 1, epoch_id: id, events };
  });
  app.get<Named>("/v1/epochs/:id/history", async ({ params }) => {
    const id = epochIdOf(params.id);
    return { schema_version: 1, epoch_id: id, history: await epochs.history(id) };
  });
  app.post("/v1/epochs", async (request, reply) => {
    const started = await epochs.start(startRequest(signed(objectOf(request.body), request, host)));
    return reply.code(201).send({ schema_version: 1, ...started });
  });
  for (const [path, [kind, method]] of Object.entries(MESSAGES)) {
    app.post<Named>(`/v1/epochs/:id/${path}`, async (request, reply) => {
      const id = epochIdOf(request.params.id);
      const message = messageOf(request, host, kind);
      // Each method takes the payload of its own kind, and that is what was checked.
      const send = epochs[method] as (epochId: string, message: unknown) => Promise<Reply>;
      return sendReply(reply, await send.call(epochs, id, message));
    });
  }
}

/** The body with its key and sender: headers go before the body's own. Throws AuraError `usage`. */
function messageOf(request: FastifyRequest, host: string, kind: EpochCommand["kind"]): object {
  const message = signed(objectOf(request.body), request, host);
  const problem = problemOf({ kind, message });
  if (problem !== null) throw new AuraError("usage", problem, { fix: "see docs/reference/api.md" });
  return message;
}

/** 200, or 409 with what is missing: the reply itself stands beside `error`. */
function sendReply(reply: FastifyReply, answer: Reply): FastifyReply {
  if (answer.success) return reply.send({ schema_version: 1, ...answer });
  const error = new AuraError("refused", answer.refused.join("; "));
  return reply.code(ERRORS.refused.http).send({ schema_version: 1, ...errorBody(error), ...answer });
}
