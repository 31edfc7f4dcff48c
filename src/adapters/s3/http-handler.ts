import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { HttpProxyAgent } from "http-proxy-agent";
import { onAbort } from "./abort.js";
import { Agents } from "./agents.js";
import { ASK_FIRST, type Body, bodyOf, sendBody, type Sending } from "./send-body.js";
import { Silence } from "./silence.js";
import type { Bandwidth } from "./throttle.js";

/** A signed request, as the SDK hands it over. */
export interface SignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface HttpHandlerOptions {
  readonly maxSockets: number;
  /** How long a connection may take to be made, and how long nothing may move on one, ms. */
  readonly connectMs: number;
  readonly idleMs: number;
  readonly upload: Bandwidth;
}

export interface Answer {
  readonly response: {
    readonly statusCode: number;
    readonly reason: string;
    readonly headers: Record<string, string>;
    readonly body: IncomingMessage;
  };
}

/** As the SDK hands them on. */
export interface HandleOptions {
  readonly abortSignal?: AbortSignal;
  readonly requestTimeout?: number;
}

/** What is under way on one connection. */
interface Exchange extends Sending {
  answer?: IncomingMessage;
}

/**
 * Sends the SDK's requests. Unlike its own handler it gives up on a connection only when nothing moves on it: not while the
 * upload limit holds the bytes back, not while the reader of an answer takes its time, not while a slow line is busy.
 */
export class HttpHandler {
  readonly metadata = { handlerProtocol: "http/1.1" };
  /** Set to false when it takes its time. */
  private saysContinue = true;
  private readonly agents: Agents;

  constructor(private readonly options: HttpHandlerOptions) {
    this.agents = new Agents(options.maxSockets, options.connectMs);
  }

  /** `requestTimeout`: `idleMs` of this request. */
  async handle(request: SignedRequest, { abortSignal, requestTimeout }: HandleOptions = {}): Promise<Answer> {
    abortSignal?.throwIfAborted();
    const protocol = request.protocol === "https:" ? "https:" : "http:";
    const body = bodyOf(request.body);
    const agent = this.agents.for(protocol, request.port === undefined ? request.hostname : `${request.hostname}:${request.port}`);
    // That agent writes the head anew once it is connected, and would send both: what asks goes out at once.
    const ask = this.saysContinue && !(agent instanceof HttpProxyAgent) && Number(request.headers["content-length"] ?? 0) >= ASK_FIRST;
    const options: RequestOptions = {
      protocol,
      method: request.method,
      host: request.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: request.port,
      path: request.path + queryOf(request.query),
      headers: { ...request.headers, ...(ask ? { expect: "100-continue" } : {}) },
      agent,
    };
    const sent = (protocol === "https:" ? httpsRequest : httpRequest)(options);
    sent.once(
      "close",
      onAbort(abortSignal, () => void sent.destroy(abortError())),
    );
    return this.exchange(sent, body, requestTimeout ?? this.options.idleMs, abortSignal);
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  destroy(): void {
    this.agents.destroy();
  }

  private exchange(sent: ClientRequest, body: Body, idleMs: number, signal?: AbortSignal): Promise<Answer> {
    const state: Exchange = { held: false };
    this.watch(sent, state, idleMs);
    return new Promise((resolve, reject) => {
      // Stays for the life of the request: what comes after the answer has begun reaches its reader through the body.
      sent.on("error", reject);
      sent.once("response", (answer) => {
        state.answer = answer;
        resolve({
          response: { statusCode: answer.statusCode ?? 0, reason: answer.statusMessage ?? "", headers: flat(answer.headers), body: answer },
        });
      });
      sendBody(sent, body, state, this.options.upload, signal).then(
        (saysContinue) => void (this.saysContinue = saysContinue ?? this.saysContinue),
        (error: unknown) => sent.destroy(error as Error),
      );
    });
  }

  private watch(sent: ClientRequest, state: Exchange, idleMs: number): void {
    const { connectMs } = this.options;
    sent.setTimeout(idleMs, () => {
      const { held, answer } = state;
      // It is this side that keeps the connection waiting: by its limit, or as it has not read what came.
      if (held || (answer !== undefined && answer.readableLength > 0)) return void sent.setTimeout(idleMs);
      const silence = new Silence(`no answer for ${seconds(idleMs)}`);
      // Else the answer's reader would hear of a cut connection only.
      answer?.destroy(silence);
      sent.destroy(silence);
    });
    sent.once("socket", (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => sent.destroy(new Silence(`no connection within ${seconds(connectMs)}`)), connectMs);
      const done = (): void => clearTimeout(timer);
      socket.once("connect", done);
      sent.once("close", done);
    });
  }
}

function abortError(): Error {
  return Object.assign(new Error("Request aborted"), { name: "AbortError" });
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** As it was signed. */
function queryOf(query: SignedRequest["query"] = {}): string {
  const parts = Object.entries(query).flatMap(([key, value]) =>
    [value].flat().map((one) => (one === null ? escaped(key) : `${escaped(key)}=${escaped(one as string)}`)),
  );
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function flat(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")]));
}
