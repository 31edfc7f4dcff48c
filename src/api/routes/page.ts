import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { PAGE, SCRIPT, STYLE } from "../page.js";

/** Nothing but the page's own script and style runs, and it talks to nobody but this daemon. */
const POLICY = [
  "default-src 'none'",
  `script-src ${source(SCRIPT)}`,
  `style-src ${source(STYLE)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function addPageRoutes(app: FastifyInstance): void {
  app.get("/", (_request, reply) =>
    reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", POLICY)
      .header("referrer-policy", "no-referrer")
      .header("x-content-type-options", "nosniff")
      .header("cache-control", "no-store")
      .send(PAGE),
  );
}

function source(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
