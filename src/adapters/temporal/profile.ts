import { loadClientConfigProfile, toClientOptions } from "@temporalio/envconfig";
import type { Environment } from "../../host/places.js";
import type { TemporalProfile } from "../../host/settings.js";
import { AuraError } from "../../shared/errors.js";

/** What a connection needs beside the address; works for the native and for the pure client. */
export interface Credentials {
  readonly apiKey?: string;
  readonly tls?: NonNullable<ReturnType<typeof toClientOptions>["connectionOptions"]["tls"]>;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Address and namespace of the profile in `temporal.toml`, without the environment: that has its own place in the precedence.
 * Throws AuraError `config_invalid` when the file or the chosen profile cannot be read.
 */
export function temporalProfile(env: Environment): TemporalProfile {
  const { address, namespace } = load(env, (defined) => loadProfile({ ...fileChoice(env), overrideEnvVars: withoutOverrides(defined) }));
  const chosen = Boolean(env["TEMPORAL_PROFILE"] || env["TEMPORAL_CONFIG_FILE"]);
  return { chosen, ...(address && { address }), ...(namespace && { namespace }) };
}

/** TEMPORAL_API_KEY, TEMPORAL_TLS_*, TEMPORAL_GRPC_META_* and the profile, as the SDK reads them. Never logged. */
export function temporalCredentials(env: Environment): Credentials {
  const { apiKey, tls, metadata } = load(
    env,
    (defined) => toClientOptions(loadProfile({ ...fileChoice(env), overrideEnvVars: defined })).connectionOptions,
  );
  const texts = Object.entries(metadata ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return {
    ...(typeof apiKey === "string" && { apiKey }),
    ...(tls !== undefined && tls !== null && { tls }),
    ...(texts.length > 0 && { metadata: Object.fromEntries(texts) }),
  };
}

function fileChoice(env: Environment): { profile?: string } {
  return env["TEMPORAL_PROFILE"] ? { profile: env["TEMPORAL_PROFILE"] } : {};
}

type Choice = NonNullable<Parameters<typeof loadClientConfigProfile>[0]>;

/** The SDK fails over a file without any profile by reading a table that is not there: such a file says nothing. */
function loadProfile(choice: Choice): ReturnType<typeof loadClientConfigProfile> {
  try {
    return loadClientConfigProfile(choice);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    if (choice.profile !== undefined) throw new Error(`Profile '${choice.profile}' not found: the file has no profiles`, { cause: error });
    return loadClientConfigProfile({ ...choice, disableFile: true });
  }
}

function load<T>(env: Environment, read: (defined: Record<string, string>) => T): T {
  try {
    return read(
      Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "")),
    );
  } catch (error) {
    throw new AuraError("config_invalid", `Temporal's own configuration: ${(error as Error).message}`, {
      fix: "check temporal.toml and the TEMPORAL_* variables",
      cause: error,
    });
  }
}

/** Keeps what tells where the file is and which profile is meant. */
function withoutOverrides(defined: Record<string, string>): Record<string, string> {
  const kept = new Set(["TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"]);
  return Object.fromEntries(Object.entries(defined).filter(([name]) => !name.startsWith("TEMPORAL_") || kept.has(name)));
}
