import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { AuraError } from "../shared/errors.js";
import type { ApiDeps } from "./deps.js";

/** Answered without a token: liveness, and the page that asks the browser for it. */
const OPEN = new Set(["/", "/v1/healthz"]);

/** Order matters: who may not know the token learns nothing about methods or routes. */
export function addGuards(app: FastifyInstance, deps: Pick<ApiDeps, "token" | "mode">): void {
  app.addHook("onRequest", async (request, reply) => {
    if (deps.token !== null && !isOpen(request) && !carries(request, deps.token)) {
      void reply.header("www-authenticate", 'Bearer realm="aura"');
      throw new AuraError("unauthorized", "the request carries no valid bearer token");
    }
    if (deps.mode === "read-only" && request.method !== "GET" && request.method !== "HEAD") {
      void reply.header("allow", "GET, HEAD");
      throw new AuraError("method_not_allowed", `${request.method} is not possible on this read-only listener`);
    }
  });
}

function isOpen(request: FastifyRequest): boolean {
  const path = request.url.split("?", 1)[0]!;
  return (request.method === "GET" || request.method === "HEAD") && OPEN.has(path);
}

function carries(request: FastifyRequest, token: string): boolean {
  const sent = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return sent !== undefined && sameToken(sent, token);
}

/** Compared as hashes: constant time, and neither the length nor a prefix of the token shows. */
export function sameToken(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * A web page that made its own name resolve to 127.0.0.1 must not talk to a loopback listener:
 * its requests carry that name in the Host header.
 */
export function isLoopbackHostHeader(header: string | undefined): boolean {
  if (header === undefined) return false;
  const name = header.replace(/:\d+$/, "").toLowerCase();
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}
