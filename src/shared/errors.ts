/**
 * The one table of errors. Each code fixes how both programs and the API answer it:
 * the exit status of `aurad` and `aura-msg`, the HTTP status and whether a retry can help.
 * docs/reference/errors.md is held equal to this table by a test.
 */
export interface ErrorRow {
  /** Exit status of `aurad` (BSD sysexits). */
  readonly aurad: 0 | 1 | 2 | 64 | 65 | 66 | 69 | 73 | 130;
  /** Exit status of `aura-msg`: 1 usage or validation, 2 cannot connect, 3 refused or failed. */
  readonly msg: 1 | 2 | 3;
  readonly http: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 422 | 500 | 502 | 503 | 504;
  readonly retryable: boolean;
  readonly hint: string;
}

export const ERRORS = {
  usage: row(64, 1, 400, false, "see --help"),
  config_invalid: row(64, 1, 400, false, "correct the named key in aura.toml"),
  spec_invalid: row(64, 1, 422, false, "correct the named key in the service spec"),
  home_in_use: row(64, 3, 409, false, "stop the other aurad, or set another AURA_HOME"),
  host_name_in_use: row(64, 3, 409, false, "give this host another name with --host"),
  port_in_use: row(64, 3, 409, false, "free the port, or choose another"),
  file_write: row(65, 3, 500, true, "check permissions and free space"),
  temporal_unreachable: row(69, 2, 503, true, "check the address, or let aurad start an embedded server"),
  temporal_cli_missing: row(69, 2, 503, false, "set AURA_TEMPORAL_CLI to the path of the temporal program"),
  namespace_missing: row(69, 2, 503, false, "create the namespace"),
  state_unreadable: row(73, 3, 500, false, "check the named file"),
  watcher_failed: row(73, 3, 500, true, "raise the inotify limits"),
  daemon_not_running: row(2, 2, 503, true, "start it with: aurad"),
  host_unreachable: row(69, 2, 504, true, "check that aurad runs on that host"),
  not_found: row(64, 1, 404, false, "see the names with: aura-msg status"),
  method_not_allowed: row(64, 1, 405, false, "this listener is read-only; use aurad.sock or --api-addr"),
  unauthorized: row(64, 3, 401, false, "send the bearer token"),
  forbidden: row(64, 3, 403, false, "call the listener as localhost or by its loopback address"),
  too_large: row(64, 1, 413, false, "send at most 1 MiB"),
  audit_conflict: row(1, 3, 409, false, "find out which copy was changed with: aura-msg audit verify"),
  refused: row(1, 3, 409, false, "see the reason"),
  timeout: row(1, 3, 504, true, "see the reason with: aura-msg why NAME"),
  unsupported: row(64, 3, 422, false, "not available in this version"),
  root_missing: row(66, 3, 409, true, "mount or create the folder, or begin it with: aura-msg root init"),
  bootstrap_failed: row(65, 1, 500, true, "check the folder's permissions and free space"),
  sync_failed: row(1, 3, 500, true, "see the reason"),
  store_denied: row(1, 3, 502, false, "check the credentials (AURA_S3_ACCESS_KEY, AURA_S3_SECRET_KEY) and what they may do in the bucket"),
  store_unreachable: row(69, 2, 503, true, "check the endpoint and the network"),
  brake: row(1, 3, 409, false, "look at what would be deleted (aura-msg sync --dry-run), then: aura-msg sync --confirm"),
  internal: row(1, 3, 500, true, "this is a defect of Aura; please report it"),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

function row(aurad: ErrorRow["aurad"], msg: ErrorRow["msg"], http: ErrorRow["http"], retryable: boolean, hint: string): ErrorRow {
  return { aurad, msg, http, retryable, hint };
}

export interface AuraErrorOptions {
  /** What the failure means for the user's services, when that is not obvious. */
  readonly effect?: string;
  /** What to do about it; the table's hint when absent. */
  readonly fix?: string;
  readonly cause?: unknown;
}

/** The one error class. `message` says what and why in one line. */
export class AuraError extends Error {
  readonly code: ErrorCode;
  readonly effect: string | undefined;
  readonly fix: string;

  constructor(code: ErrorCode, message: string, options: AuraErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AuraError";
    this.code = code;
    this.effect = options.effect;
    this.fix = options.fix ?? ERRORS[code].hint;
  }

  /** One line for stderr: what and why, effect, fix. */
  get line(): string {
    const effect = this.effect === undefined ? "" : `; ${this.effect}`;
    return `${this.message}${effect}; ${this.fix}`;
  }
}

/** Any thrown value as an AuraError, unknown ones as `internal`. */
export function asAuraError(error: unknown): AuraError {
  if (error instanceof AuraError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AuraError("internal", message, { cause: error });
}

/** Of a line that says what to do after its last `; `, as `line` puts it; the code's hint where it does not say. */
export function errorOfLine(code: ErrorCode, line: string, options: Omit<AuraErrorOptions, "fix"> = {}): AuraError {
  const at = line.lastIndexOf("; ");
  return at < 0 ? new AuraError(code, line, options) : new AuraError(code, line.slice(0, at), { ...options, fix: line.slice(at + 2) });
}
