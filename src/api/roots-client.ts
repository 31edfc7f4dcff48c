import type { RootsControl, RootStatus, TickRecord } from "../sync/control.js";
import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "../sync/engine-port.js";
import type { TickProgress } from "../sync/tick.js";
import { answeredError, HttpClient, type Answer, type ApiTarget } from "./client-http.js";

export interface RootsClient extends RootsControl {
  close(): void;
}

/** The log is read from the bucket. */
const LOG_MS = 60_000;
/** A first upload may take days; the connection itself tells when the daemon is gone. */
const WORK_MS = 2 ** 31 - 1;

/** The roots as an API serves them. Every failure is an AuraError: the daemon's own, or why it cannot be reached. */
export function createRootsClient(target: ApiTarget): RootsClient {
  const http = new HttpClient(target);
  const get = async <T>(path: string, timeoutMs?: number): Promise<T> =>
    expectOk<T>(await http.ask({ path, ...(timeoutMs === undefined ? {} : { timeoutMs }) }));
  const post = async <T>(root: string, what: string, body: unknown): Promise<T> => {
    const answer = await http.ask({ method: "POST", path: `${rootPath(root)}/${what}`, body, timeoutMs: WORK_MS });
    return withoutEnvelope<T>(expectOk<T & Envelope>(answer));
  };
  return {
    list: async () => (await get<{ roots: readonly RootStatus[] }>("/v1/roots")).roots,
    get: (root) => get<RootStatus & { readonly recent_ticks: readonly TickRecord[] }>(rootPath(root)),
    ticks: async (root, limit) => (await get<{ ticks: readonly TickRecord[] }>(`${rootPath(root)}/ticks?limit=${limit}`)).ticks,
    progress: async (root) => (await get<{ progress: TickProgress | null }>(`${rootPath(root)}/progress`)).progress,
    log: async (root, limit) =>
      (await get<{ manifests: readonly ManifestInfo[] }>(`${rootPath(root)}/log?limit=${limit}`, LOG_MS)).manifests,
    sync: async (root, { dryRun = false, confirm = false }) =>
      (await post<{ tick: TickRecord }>(root, "sync", { dry_run: dryRun, confirm })).tick,
    restore: (root, path, at) => post<RestoreReport>(root, "restore", { path, ...point(at) }),
    gc: (root, { apply, windowMs, historyMs }) => post<GcReport>(root, "gc", { apply, window_ms: windowMs, history_ms: historyMs }),
    verify: (root, { repair }) => post<VerifyReport>(root, "verify", { repair }),
    close: () => http.close(),
  };
}

interface Envelope {
  readonly schema_version: 1;
  readonly root_id: string;
}

function rootPath(root: string): string {
  return `/v1/roots/${encodeURIComponent(root)}`;
}

function point(at: RestorePoint): { readonly manifest: string } | { readonly time: string } {
  return "manifest" in at ? at : { time: new Date(at.timeMs).toISOString() };
}

function expectOk<T>({ status, body }: Answer): T {
  if (status >= 200 && status < 300) return body as T;
  throw answeredError(body, `aurad answered ${status}`);
}

function withoutEnvelope<T>(answer: T & Envelope): T {
  const { schema_version: _, root_id: __, ...report } = answer;
  return report as T;
}
