import { StoreError, type StoreErrorKind } from "../../sync/ports.js";
import { TruncatedBody } from "./body.js";
import { Silence } from "./silence.js";
import { networkFailure } from "./network-failure.js";
import type { RetryClass, Verdict } from "./retry.js";

/** What a failure line names. */
export interface Place {
  readonly bucket: string;
  /** URL without credentials, or `AWS`; with the proxy on the way there. */
  readonly endpoint: string;
  /** Where the credentials are from. */
  readonly credentialsFrom: string;
  /** Taken out of whatever a server says. */
  readonly secrets: readonly string[];
}

export interface Asked {
  readonly operation: string;
  readonly key?: string | undefined;
}

interface Finding {
  readonly kind: StoreErrorKind;
  /** What is wrong and what to do, one line. */
  readonly line: string;
  readonly retry?: RetryClass;
}

/** An error of the SDK, as it comes. */
interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly Region?: string;
}

const DENIED = new Set([
  "AccessDenied",
  "AccountProblem",
  "AllAccessDisabled",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidSecurity",
  "InvalidToken",
  "NotSignedUp",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
  "XAdminUserNotFound",
]);

const DAMAGED = new Set([
  "BadDigest",
  "IncompleteBody",
  "InvalidDigest",
  "InvalidPart",
  "InvalidPartOrder",
  "XAmzContentChecksumMismatch",
  "XAmzContentSHA256Mismatch",
]);

const BUSY = new Set([
  "InternalError",
  "OperationAborted",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "TooManyRequests",
]);

const REGION = new Set(["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect", "TemporaryRedirect"]);

/** Any thrown value as a StoreError of one line, and whether to try again. */
export function judge(error: unknown, place: Place, asked: Asked): Verdict {
  if (error instanceof StoreError) return { error, retry: "never", maybeDone: false };
  const { name, $metadata } = error as ServiceError;
  const status = $metadata?.httpStatusCode;
  const finding = findingOf(error, place, asked, status);
  const line = redact(finding.line, place.secrets);
  const code = status === undefined ? name : `${codeOf(error as ServiceError)} (${status})`;
  // Not the error itself: it carries the request, with its headers.
  const cause = new Error(redact(`${asked.operation}: ${code}: ${(error as Error).message ?? ""}`, place.secrets));
  cause.name = codeOf(error);
  return {
    error: new StoreError(finding.kind, line, { cause }),
    // The SDK has seen by the answer how wrong the clock is, and signs with the server's from now on.
    retry: $metadata?.clockSkewCorrected ? "clock" : (finding.retry ?? "never"),
    ...retryAfter(error as ServiceError),
    maybeDone: status === undefined || status >= 500,
  };
}

/** The server's name for what went wrong, `NoSuchKey`; also of the `cause` of a StoreError. */
export function codeOf(error: unknown): string {
  const { Code, name } = error as ServiceError;
  return Code ?? name ?? "";
}

function findingOf(error: unknown, place: Place, asked: Asked, status: number | undefined): Finding {
  const at = `S3 at ${place.endpoint}`;
  if ((error as Error).name === "AbortError") return { kind: "aborted", line: "the request was cancelled" };
  if (error instanceof Silence) {
    return { kind: "offline", line: `${at} does not answer: ${error.message}; check the network and the server`, retry: "silent" };
  }
  if (error instanceof TruncatedBody) return damaged(asked, error.message);
  if (status !== undefined) return answered(error as ServiceError, place, asked, status);
  if ((error as Error).message?.startsWith("Checksum mismatch"))
    return damaged(asked, "what came has another checksum than it was sent with");
  return networkFailure(error, at, place);
}

function answered(error: ServiceError, place: Place, asked: Asked, status: number): Finding {
  const code = codeOf(error);
  const at = `S3 at ${place.endpoint}`;
  const what = asked.key === undefined ? asked.operation : `${asked.operation} of ${asked.key}`;
  if (code === "RequestTimeTooSkewed") {
    return { kind: "denied", line: `${at} refuses ${what}: its clock and that of this machine are too far apart (${code}); set the clock` };
  }
  if (code === "NoSuchBucket") {
    return {
      kind: "no_bucket",
      line: `there is no bucket ${place.bucket} at ${place.endpoint}; create it, or correct bucket in .aura/root.toml`,
    };
  }
  if (code === "NoSuchUpload") {
    return {
      kind: "failed",
      line: `the upload of ${asked.key} to ${place.endpoint} was ended by somebody else; it begins anew with the next tick`,
    };
  }
  if (status === 407) {
    const fix = "write user and password into its URL: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT";
    return { kind: "denied", line: `${at} cannot be reached: the proxy asks who one is (407); ${fix}` };
  }
  if (DENIED.has(code) || status === 401 || status === 403) return denied(code, at, place, what);
  if (code === "NotImplemented" || status === 501 || status === 405) {
    return { kind: "unsupported", line: `${at} does not know ${what} (${code}); use a server that does` };
  }
  if (code === "ConditionalRequestConflict") return { kind: "precondition", line: `another device is writing ${asked.key}`, retry: "busy" };
  if (status === 412) return { kind: "precondition", line: `${asked.key} is there already, or another one than expected` };
  if (DAMAGED.has(code)) return damaged(asked, `the server has got something else than was sent (${code})`);
  if (status === 416) return { kind: "corrupt", line: `${asked.key} at ${place.endpoint} is shorter than it should be` };
  if (REGION.has(code) || status === 301) {
    const region = error.Region ?? error.$response?.headers?.["x-amz-bucket-region"];
    return {
      kind: "failed",
      line: `the bucket ${place.bucket} is in another region than was asked (${code}); set region${region === undefined ? "" : ` = "${region}"`} in .aura/root.toml`,
    };
  }
  if (status === 507 || code === "XMinioStorageFull") return { kind: "failed", line: `${at} has no space left (${code}); free some there` };
  if (BUSY.has(code) || status === 429 || status >= 500) {
    return { kind: "offline", line: `${at} answers ${status} ${code} to ${what}, again and again; look at the server`, retry: "busy" };
  }
  if (status === 404)
    return { kind: "not_found", line: `there is no ${asked.key ?? what} in the bucket ${place.bucket} at ${place.endpoint}` };
  const said = (error.message ?? "").split("\n")[0];
  return {
    kind: "failed",
    line: `${at} refuses ${what}: ${status} ${code}: ${said}; check endpoint, bucket and region in .aura/root.toml`,
  };
}

function denied(code: string, at: string, place: Place, what: string): Finding {
  const who = `the credentials from ${place.credentialsFrom}`;
  switch (code) {
    case "InvalidAccessKeyId":
    case "XAdminUserNotFound":
      return { kind: "denied", line: `${at} does not know the access key of ${who} (${code}); correct it` };
    case "SignatureDoesNotMatch":
      return { kind: "denied", line: `${at} refuses ${who}: the secret key is not that of the access key (${code}); correct it` };
    case "ExpiredToken":
    case "TokenRefreshRequired":
      return { kind: "denied", line: `${at} refuses ${who}: they have expired (${code}); get new ones` };
    default:
      return {
        kind: "denied",
        line: `${at} refuses ${what} with ${who} (${code}); allow it for the bucket ${place.bucket}, or use others`,
      };
  }
}

function damaged(asked: Asked, why: string): Finding {
  return {
    kind: "corrupt",
    line: `${asked.operation} of ${asked.key}: ${why}; if it comes again, look at the network and the server's disk`,
    retry: "cut",
  };
}

/** Whole seconds, as S3 servers send it. */
function retryAfter(error: ServiceError): { readonly afterMs?: number } {
  const asked = Number(error.$response?.headers?.["retry-after"]);
  return Number.isFinite(asked) && asked > 0 ? { afterMs: asked * 1000 } : {};
}

function redact(text: string, secrets: readonly string[]): string {
  const line = text.replaceAll(/\s*\n\s*/g, " ");
  return secrets.reduce((result, secret) => (secret === "" ? result : result.replaceAll(secret, "[redacted]")), line);
}
