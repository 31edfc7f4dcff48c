import type { AuditEvent, AuditFilter } from "../epochs/audit.js";
import type { EpochDocument, EpochRow, EpochsControl } from "../epochs/control.js";
import type { Message } from "../epochs/messages.js";
import type { SliceLogQuery, SliceLogsPort } from "../epochs/ports.js";
import type { Reply } from "../epochs/state.js";
import { HttpClient, answeredError, type Answer, type ApiTarget } from "./client-http.js";
import { streamedLines } from "./client-streams.js";

export interface EpochsClient extends EpochsControl {
  readonly logs: SliceLogsPort;
  close(): void;
}

/** A message waits for Temporal, a history may be long. */
const LONG_MS = 60_000;

/** The epochs as an API serves them. Every failure is an AuraError: the daemon's own, or why it cannot be reached. */
export function createEpochsClient(target: ApiTarget): EpochsClient {
  const http = new HttpClient(target);
  const get = async <T>(path: string): Promise<T> => expectOk<T>(await http.ask({ path, timeoutMs: LONG_MS }));
  const send =
    <M extends Message>(what: string) =>
    async (epochId: string, message: M): Promise<Reply> =>
      reply(await http.ask({ method: "POST", path: `${epochPath(epochId)}/${what}`, body: message, timeoutMs: LONG_MS }));
  return {
    start: async (request) => {
      const answer = await http.ask({ method: "POST", path: "/v1/epochs", body: request, timeoutMs: LONG_MS });
      const { workflow_id, run_id } = expectOk<{ workflow_id: string; run_id: string }>(answer);
      return { workflow_id, run_id };
    },
    list: async () => (await get<{ epochs: readonly EpochRow[] }>("/v1/epochs")).epochs,
    state: (epochId) => get<EpochDocument>(epochPath(epochId)),
    advance: send("advance"),
    vote: send("vote"),
    finding: send("blocker"),
    answer: send("answer"),
    registerSession: send("sessions"),
    endSession: send("sessions/end"),
    completeSlice: send("slices/complete"),
    retrySlice: send("slices/retry"),
    moveSlice: send("slices/move"),
    cancel: send("cancel"),
    audit: async (epochId, filter) => (await get<{ events: readonly AuditEvent[] }>(auditPath(epochId, filter))).events,
    keptAudit: async (epochId) => (await get<{ events: readonly AuditEvent[] }>(`${epochPath(epochId)}/audit?kept=1`)).events,
    history: async (epochId) => (await get<{ history: unknown }>(`${epochPath(epochId)}/history`)).history,
    logs: {
      tail: async (query) => (await get<{ lines: readonly string[] }>(logsPath(query))).lines,
      follow: (query, signal) => streamedLines(http, `${logsPath(query)}&follow=1`, signal),
    },
    close: () => http.close(),
  };
}

function epochPath(epochId: string): string {
  return `/v1/epochs/${encodeURIComponent(epochId)}`;
}

function auditPath(epochId: string, filter: AuditFilter): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? `${epochPath(epochId)}/audit` : `${epochPath(epochId)}/audit?${params.toString()}`;
}

function logsPath({ epoch_id, slice_id, attempt, lines }: SliceLogQuery): string {
  const params = new URLSearchParams({ n: String(lines), ...(attempt === undefined ? {} : { attempt: String(attempt) }) });
  return `${epochPath(epoch_id)}/slices/${encodeURIComponent(slice_id)}/logs?${params.toString()}`;
}

function expectOk<T>({ status, body }: Answer): T {
  if (status >= 200 && status < 300) return body as T;
  throw answeredError(body, `aurad answered ${status}`);
}

/** A refusal by the protocol is a reply like any other: it carries what is missing. */
function reply(answer: Answer): Reply {
  const { status, body } = answer;
  const isReply = typeof body === "object" && body !== null && "refused" in body;
  const { success, refused, phase, role, ids } = status === 409 && isReply ? (body as unknown as Reply) : expectOk<Reply>(answer);
  return { success, refused, phase, role, ...(ids === undefined ? {} : { ids }) };
}
