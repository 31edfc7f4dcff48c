import { AuraError } from "../shared/errors.js";
import type { RestorePoint } from "../sync/engine-port.js";

// Bodies and queries of the routes of roots. All throw AuraError `usage` in one line that names the field.

const DAY_MS = 86_400_000;
const GC_DEFAULTS = { windowMs: DAY_MS, historyMs: 30 * DAY_MS } as const;
const MOST_MANIFESTS = 1000;

type Body = Readonly<Record<string, unknown>>;

export function syncRequest(body: unknown): { readonly dryRun?: boolean; readonly confirm?: boolean } {
  const { dry_run, confirm } = fieldsOf(body, ["dry_run", "confirm"]);
  return { ...(truth("dry_run", dry_run) && { dryRun: true }), ...(truth("confirm", confirm) && { confirm: true }) };
}

export function restoreRequest(body: unknown): { readonly path: string; readonly at: RestorePoint } {
  const { path, manifest, time } = fieldsOf(body, ["path", "manifest", "time"]);
  if (typeof path !== "string") throw bad("`path` is missing", 'send {"path":"a/b.txt","time":"2026-01-02T03:04:05Z"}');
  if ((manifest === undefined) === (time === undefined)) throw bad("the request needs either `manifest` or `time`", "give one of the two");
  if (manifest !== undefined) {
    if (typeof manifest === "string" && manifest !== "") return { path, at: { manifest } };
    throw bad("`manifest` is not an id", "see the ids with: aura-msg sync log");
  }
  const timeMs = typeof time === "string" && /^\d{4}-\d{2}-\d{2}T/.test(time) ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(timeMs)) throw bad("`time` is not a time", "write it as in RFC 3339: 2026-01-02T03:04:05Z");
  return { path, at: { timeMs } };
}

export function gcRequest(body: unknown): { readonly apply: boolean; readonly windowMs: number; readonly historyMs: number } {
  const { apply, window_ms, history_ms } = fieldsOf(body, ["apply", "window_ms", "history_ms"]);
  return {
    apply: truth("apply", apply),
    windowMs: time("window_ms", window_ms) ?? GC_DEFAULTS.windowMs,
    historyMs: time("history_ms", history_ms) ?? GC_DEFAULTS.historyMs,
  };
}

export function verifyRequest(body: unknown): { readonly repair: boolean } {
  return { repair: truth("repair", fieldsOf(body, ["repair"])["repair"]) };
}

/** `?limit=`, at least 1; what it is cut to above is the root's business. */
export function ticksLimit(text: string | undefined): number {
  return limitOf(text) ?? Number.MAX_SAFE_INTEGER;
}

export function manifestsLimit(text: string | undefined): number {
  return Math.min(limitOf(text) ?? 20, MOST_MANIFESTS);
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?\d{1,16}$/.test(text)) throw bad("`limit` is not a whole number", "write digits: ?limit=20");
  return Math.max(1, Number(text));
}

function truth(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return value === true;
  throw bad(`\`${name}\` is not true or false`, "write one of them, without quotes");
}

function time(name: string, value: unknown): number | undefined {
  if (value === undefined || (typeof value === "number" && Number.isFinite(value) && value >= 0)) return value;
  throw bad(`\`${name}\` is not a number of milliseconds`, "write digits, 0 or more");
}

/** A misspelt `dry_run` must not become a real run. */
function fieldsOf(body: unknown, known: readonly string[]): Body {
  if (body === undefined || body === null) return {};
  if (typeof body !== "object" || Array.isArray(body)) throw bad("the body is not a JSON object", "send {…}, or nothing");
  const unknown = Object.keys(body).find((key) => !known.includes(key));
  if (unknown !== undefined) throw bad(`the field \`${unknown}\` is not known`, `the fields are: ${known.join(", ")}`);
  return body as Body;
}

function bad(what: string, fix: string): AuraError {
  return new AuraError("usage", what, { fix });
}
