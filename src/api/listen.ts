import { lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { formatEndpoint, isLoopback, parseEndpoint, type Endpoint } from "../host/values.js";
import { AuraError, ERRORS } from "../shared/errors.js";
import { errorBody } from "./answers.js";
import { buildApi } from "./app.js";
import type { SharedDeps } from "./deps.js";
import { isLoopbackHostHeader } from "./guard.js";

export interface Listener {
  /** `http://127.0.0.1:PORT`, or the path of the socket. */
  readonly url: string;
  /** Ends event streams, lets requests in flight finish for a second, closes. The socket file is removed. */
  close(): Promise<void>;
}

/** Full control without a token: the file's mode 0600 is the authentication, from before the first connection. */
export async function listenSocket(deps: SharedDeps, path: string): Promise<Listener> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  await removeStale(path);
  const app = buildApi({ ...deps, token: null, mode: "full" });
  await app.ready();
  const server = createServer(app.routing);
  // Bound inside listen(), so that the mask holds for this file alone; there is no moment with a wider mode.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening(server, path);
  return { url: path, close: () => close(app, server) };
}

/** Read-only, loopback only. `token` null: authentication is turned off. */
export async function listenStatus(deps: SharedDeps, address: string, token: string | null): Promise<Listener> {
  const endpoint = parsed(address);
  if (!loopback(endpoint)) {
    throw new AuraError("config_invalid", `the status listener's address ${address} is not a loopback address`, {
      fix: "use 127.0.0.1:PORT or [::1]:PORT",
    });
  }
  return listenTcp(buildApi({ ...deps, token, mode: "read-only" }), endpoint);
}

/** Full control for who holds the token. Warns where others can reach it: the token travels in clear text. */
export async function listenApi(deps: SharedDeps, address: string, token: string): Promise<Listener> {
  const endpoint = parsed(address);
  if (!loopback(endpoint)) {
    deps.log?.warn({ address }, "the API listens beyond this host without TLS; put a TLS proxy or a private network before it");
  }
  return listenTcp(buildApi({ ...deps, token, mode: "full" }), endpoint);
}

async function listenTcp(app: FastifyInstance, endpoint: Endpoint): Promise<Listener> {
  await app.ready();
  const server = createServer(loopback(endpoint) ? ownHostOnly(app) : app.routing);
  server.listen({ host: endpoint.host, port: endpoint.port });
  await listening(server, formatEndpoint(endpoint));
  const { port } = server.address() as AddressInfo;
  return { url: `http://${formatEndpoint({ host: endpoint.host, port })}`, close: () => close(app, server) };
}

function ownHostOnly(app: FastifyInstance): RequestListener {
  return (request, response) => {
    if (isLoopbackHostHeader(request.headers.host)) return app.routing(request, response);
    const error = new AuraError("forbidden", "the Host header does not name this loopback listener");
    response.writeHead(ERRORS.forbidden.http, { "content-type": "application/json; charset=utf-8", connection: "close" });
    response.end(JSON.stringify(errorBody(error)));
  };
}

function loopback({ host }: Endpoint): boolean {
  return host === "localhost" || isLoopback(host);
}

function parsed(address: string): Endpoint {
  const endpoint = parseEndpoint(address.startsWith(":") ? `0.0.0.0${address}` : address);
  if (endpoint !== undefined) return endpoint;
  throw new AuraError("config_invalid", `${JSON.stringify(address)} is not an address to listen on`, { fix: "write HOST:PORT" });
}

async function listening(server: Server, where: string): Promise<void> {
  try {
    await once(server, "listening");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new AuraError("port_in_use", `${where} is in use by another program`, { cause: error });
    throw new AuraError("config_invalid", `cannot listen on ${where}: ${message}`, { fix: "choose an address of this host", cause: error });
  }
}

/** Removes a socket file that nobody answers on; a live one or something else is left alone and refused. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new AuraError("file_write", `${path} is in the way of the socket`, { fix: "remove that file" });
  if (await answers(path)) throw new AuraError("home_in_use", `another aurad answers on ${path}`);
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function close(app: FastifyInstance, server: Server): Promise<void> {
  await app.close();
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const rest = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(rest);
}
