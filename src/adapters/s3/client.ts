import type * as SdkModule from "@aws-sdk/client-s3";
import type { Remote } from "../../sync/root.js";
import type { Credentials } from "./credentials.js";
import type { HttpHandler } from "./http-handler.js";

export type Sdk = typeof SdkModule;

const NO_NODE_WARNING = "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED";

/** Loading takes some 170 ms and 24 MB: only who has a root pays for it. */
export function loadSdk(): Promise<Sdk> {
  return import("@aws-sdk/client-s3");
}

/** A client that sends each request once, through `handler`. */
export function createClient(sdk: Sdk, remote: Remote, credentials: Credentials, handler: HttpHandler): SdkModule.S3Client {
  // It tells on stderr which Node versions later ones will need; nothing a user of Aura can act on.
  const before = process.env[NO_NODE_WARNING];
  process.env[NO_NODE_WARNING] = "true";
  try {
    return new sdk.S3Client({
      region: regionOf(remote),
      ...(remote.endpoint === undefined ? {} : { endpoint: remote.endpoint }),
      forcePathStyle: remote.pathStyle,
      ...(credentials.keys === null ? {} : { credentials: credentials.keys }),
      // Its type also wants what only the SDK's own handlers are configured with.
      requestHandler: handler as unknown as NonNullable<SdkModule.S3ClientConfig["requestHandler"]>,
      // The body's SHA-256 is signed, and every server checks it: a second checksum only costs time.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      expectContinueHeader: false,
      followRegionRedirects: remote.endpoint === undefined && remote.region === undefined,
      maxAttempts: 1,
      retryMode: "standard",
      logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    });
  } finally {
    if (before === undefined) delete process.env[NO_NODE_WARNING];
    else process.env[NO_NODE_WARNING] = before;
  }
}

/** Servers of one's own take any region, and expect this one where they do not. */
function regionOf(remote: Remote): string {
  const ownEndpoint = remote.endpoint !== undefined;
  return remote.region ?? (ownEndpoint ? undefined : (process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"])) ?? "us-east-1";
}
