import type { StoreErrorKind } from "../../sync/ports.js";
import type { RetryClass } from "./retry.js";

interface NetworkFinding {
  readonly kind: StoreErrorKind;
  readonly line: string;
  readonly retry?: RetryClass;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection is refused",
  EAI_AGAIN: "its name cannot be looked up",
  ENOTFOUND: "there is no host of this name",
  EHOSTUNREACH: "there is no way to the host",
  EHOSTDOWN: "the host is down",
  ENETUNREACH: "there is no network",
  ENETDOWN: "there is no network",
  EADDRNOTAVAIL: "there is no network",
  ETIMEDOUT: "no connection in time",
};

/** What went wrong before the server had answered. `at`: `S3 at ENDPOINT`. */
export function networkFailure(error: unknown, at: string, place: { readonly credentialsFrom: string }): NetworkFinding {
  const { name, message } = error as Error;
  const code = networkCode(error);
  const reason = REASONS[code];
  if (reason !== undefined) {
    return {
      kind: "offline",
      line: `${at} does not answer: ${reason} (${code}); check the network, and endpoint in .aura/root.toml`,
      retry: "silent",
    };
  }
  if (
    code === "ECONNRESET" ||
    code === "EPIPE" ||
    code === "ECONNABORTED" ||
    code === "ERR_STREAM_PREMATURE_CLOSE" ||
    /socket hang up/.test(message)
  ) {
    return {
      kind: "offline",
      line: `${at} has closed the connection (${code}), again and again; look at the network and the server`,
      retry: "cut",
    };
  }
  if (name === "CredentialsProviderError" || name === "TokenProviderError") {
    return {
      kind: "denied",
      line: `there are no credentials for ${at}: none in ${place.credentialsFrom}; set AURA_S3_ACCESS_KEY and AURA_S3_SECRET_KEY, or write both to the env file (mode 0600)`,
    };
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) {
    return {
      kind: "failed",
      line: `the certificate of ${at} is not trusted (${code}); give its authority in NODE_EXTRA_CA_CERTS, or correct endpoint in .aura/root.toml`,
    };
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL") || code.startsWith("HPE_")) {
    return {
      kind: "failed",
      line: `${at} speaks something else than was expected (${code}); check http or https, and the port, of endpoint in .aura/root.toml`,
    };
  }
  return { kind: "failed", line: `${at} cannot be used: ${firstLine(message)}; check endpoint, bucket and region in .aura/root.toml` };
}

/** Of several addresses tried, the code of the last one. */
function networkCode(error: unknown): string {
  const { code, errors } = error as NodeJS.ErrnoException & { readonly errors?: readonly unknown[] };
  if (typeof code === "string") return code;
  return errors === undefined || errors.length === 0 ? "" : networkCode(errors.at(-1));
}

function firstLine(text: string | undefined): string {
  return (text ?? "").split("\n")[0] ?? "";
}
