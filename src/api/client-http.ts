import { Agent, request, type ClientRequest, type IncomingMessage } from "node:http";
import { AuraError, ERRORS, type ErrorCode } from "../shared/errors.js";

/** Where an API answers: this host's socket, or another host's `--api-addr` with its token. */
export type ApiTarget = { readonly socketPath: string } | { readonly url: string; readonly token: string };

export interface Ask {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Plain `node:http`: what `aura-msg status` costs is mostly what it imports. */
export class HttpClient {
  readonly #target: ApiTarget;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(target: ApiTarget) {
    this.#target = target;
  }

  /** Resolves with any status; rejects when nobody answers or the answer is not JSON. */
  async ask(ask: Ask): Promise<Answer> {
    const timeout = AbortSignal.timeout(ask.timeoutMs ?? 10_000);
    const response = await this.#open(ask, timeout);
    const text = await this.#read(response, timeout);
    try {
      return { status: response.statusCode ?? 0, body: JSON.parse(text) as unknown };
    } catch (cause) {
      throw new AuraError("internal", `${this.#where} answered ${response.statusCode} with something that is not JSON`, { cause });
    }
  }

  /** An answer to read as it comes; a refusal rejects. Ends when the signal aborts. */
  async stream(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#open({ path, headers: { accept: "text/event-stream" } }, signal);
    if (response.statusCode === 200) return response;
    const text = await this.#read(response, signal);
    throw answeredError(safeJson(text), `${this.#where} answered ${response.statusCode}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  get #where(): string {
    return "socketPath" in this.#target ? this.#target.socketPath : this.#target.url;
  }

  #open(ask: Ask, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = this.#request(ask, signal);
      sent.once("response", resolve);
      sent.once("error", (error) => reject(this.#failure(error, signal)));
      sent.end(ask.body === undefined ? undefined : JSON.stringify(ask.body));
    });
  }

  #request(ask: Ask, signal: AbortSignal): ClientRequest {
    const method = ask.method ?? "GET";
    const body = ask.body === undefined ? {} : { "content-type": "application/json" };
    const headers = { ...body, ...ask.headers };
    if ("socketPath" in this.#target) {
      return request({
        socketPath: this.#target.socketPath,
        host: "localhost",
        path: ask.path,
        method,
        headers,
        agent: this.#agent,
        signal,
      });
    }
    const { url, token } = this.#target;
    return request(new URL(ask.path, url), {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
      agent: this.#agent,
      signal,
    });
  }

  async #read(response: IncomingMessage, signal: AbortSignal): Promise<string> {
    const parts: Buffer[] = [];
    try {
      for await (const part of response) parts.push(part as Buffer);
    } catch (error) {
      throw this.#failure(error as Error, signal);
    }
    return Buffer.concat(parts).toString("utf8");
  }

  #failure(error: NodeJS.ErrnoException, signal: AbortSignal): AuraError {
    if (signal.aborted) return new AuraError("timeout", `${this.#where} took too long to answer`, { fix: "see aurad's log", cause: error });
    if ("url" in this.#target)
      return new AuraError("host_unreachable", `the API at ${this.#where} does not answer: ${error.message}`, { cause: error });
    if (error.code === "EACCES" || error.code === "EPERM") {
      return new AuraError("daemon_not_running", `${this.#where} belongs to another user`, {
        fix: "run as the user that runs aurad",
        cause: error,
      });
    }
    return new AuraError("daemon_not_running", `no aurad answers on ${this.#where}`, { cause: error });
  }
}

/** The AuraError that an answer stands for. */
export function answeredError(body: unknown, otherwise: string): AuraError {
  const error = (body as { error?: { code?: string; message?: string; fix?: string } } | null)?.error;
  const code = error?.code !== undefined && error.code in ERRORS ? (error.code as ErrorCode) : "internal";
  return new AuraError(code, error?.message ?? otherwise, error?.fix === undefined ? {} : { fix: error.fix });
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
