import type {
  Asker,
  CommandResult,
  GraphDocument,
  LogQuery,
  LogsPort,
  ReloadResult,
  ServicesControl,
  StatusDocument,
  WhyDocument,
} from "../services/control.js";
import { HttpClient, answeredError, type Answer, type ApiTarget, type Ask } from "./client-http.js";
import { streamedEvents, streamedLines, type StreamedEvent } from "./client-streams.js";

export type { ApiTarget } from "./client-http.js";
export type { StreamedEvent } from "./client-streams.js";

/** `GET /v1/health`. */
export interface HealthDocument {
  readonly schema_version: 1;
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly started_at: string;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly connected: boolean;
    readonly web_ui: string | null;
  };
}

export interface ApiClient extends ServicesControl, LogsPort {
  health(timeoutMs?: number): Promise<HealthDocument>;
  /** Whom it talks to, at once; of Temporal what was known last. */
  who(): Promise<HealthDocument>;
  /** Events from the moment `opened` is called, until the signal aborts or the connection ends. */
  events(signal: AbortSignal, opened?: () => void): AsyncIterable<StreamedEvent>;
  close(): void;
}

/** A command may wait for Temporal; a read answers at once. */
const COMMAND_TIMEOUT_MS = 60_000;

/** The API as the port it serves. Every failure is an AuraError: the daemon's own, or why it cannot be reached. */
export function createApiClient(target: ApiTarget): ApiClient {
  const http = new HttpClient(target);
  const get = async <T>(path: string, timeoutMs?: number): Promise<T> =>
    expectOk<T>(await http.ask({ path, ...(timeoutMs === undefined ? {} : { timeoutMs }) }));
  const post = (path: string, asker: Asker, body?: unknown): Promise<Answer> => http.ask(commandAsk(path, asker, body));
  return {
    status: () => get<StatusDocument>("/v1/services"),
    why: (name) => get<WhyDocument>(`${servicePath(name)}/why`),
    graph: () => get<GraphDocument>("/v1/graph"),
    health: (timeoutMs) => get<HealthDocument>("/v1/health", timeoutMs),
    who: () => get<HealthDocument>("/v1/health?look=0"),
    up: async (names, asker) => commandResult(await post("/v1/up", asker, { names })),
    down: async (names, asker) => commandResult(await post("/v1/down", asker, { names })),
    restart: async (name, asker) => commandResult(await post(`${servicePath(name)}/restart`, asker)),
    reload: async (asker) => expectOk<ReloadResult>(await post("/v1/reload", asker)),
    tail: async (name, query) => (await get<{ lines: readonly string[] }>(logsPath(name, query))).lines,
    follow: (name, query, signal) => streamedLines(http, `${logsPath(name, query)}&follow=1`, signal),
    events: (signal, opened) => streamedEvents(http, signal, opened),
    close: () => http.close(),
  };
}

function commandAsk(path: string, asker: Asker, body: unknown): Ask {
  return {
    method: "POST",
    path,
    headers: { "x-aura-by": asker.by, "idempotency-key": asker.requestId },
    timeoutMs: COMMAND_TIMEOUT_MS,
    ...(body === undefined ? {} : { body }),
  };
}

function servicePath(name: string): string {
  return `/v1/services/${encodeURIComponent(name)}`;
}

function logsPath(name: string, query: LogQuery): string {
  const params = new URLSearchParams({ n: String(query.lines) });
  if (query.sinceMs !== undefined) params.set("since", `${Math.max(0, Math.round(Date.now() - query.sinceMs))}ms`);
  if (query.grep !== undefined) params.set("grep", query.grep);
  return `${servicePath(name)}/logs?${params.toString()}`;
}

function expectOk<T>({ status, body }: Answer): T {
  if (status >= 200 && status < 300) return body as T;
  throw answeredError(body, `aurad answered ${status}`);
}

/** A refusal is a result like any other: it carries what was refused and why. */
function commandResult({ status, body }: Answer): CommandResult {
  if (status === 409 && typeof body === "object" && body !== null && "refused" in body) return body as unknown as CommandResult;
  return expectOk<CommandResult>({ status, body });
}
