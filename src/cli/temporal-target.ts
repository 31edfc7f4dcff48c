import { once } from "node:events";
import { connect } from "node:net";
import { hostname } from "node:os";
import { homeFolder } from "../adapters/home/home-folder.js";
import type { HealthDocument } from "../api/client.js";
import type { TemporalControlOptions } from "../api/remote.js";
import { CONFIG_DEFAULTS } from "../host/config-defaults.js";
import { parseEndpoint } from "../host/values.js";
import { AuraError } from "../shared/errors.js";
import type { Context, Globals } from "./context.js";
import { localPlaces } from "./local.js";

const CONNECT_TIMEOUT_MS = 3000;

/**
 * Which server, namespace and host are meant: flag, environment, `aura.toml`, then what this host's
 * running `aurad` uses, then the defaults.
 */
export async function temporalTarget(
  { globals, io }: Pick<Context, "globals" | "io">,
  local: HealthDocument | null,
): Promise<TemporalControlOptions> {
  // Only this way needs the configuration, and its parsers cost more than a whole `status`.
  const [{ resolveSettings }, { loadConfig }, { temporalCredentials, temporalProfile }] = await Promise.all([
    import("../host/settings.js"),
    import("../adapters/config/load-config.js"),
    import("../adapters/temporal/profile.js"),
  ]);
  const { env } = io;
  const home = homeFolder(env);
  const places = localPlaces(env);
  const { config } = loadConfig({ file: places.auraToml, required: false, env, home });
  const defaults = { osHostName: hostname(), auditDb: places.auditDb, home, cwd: process.cwd() };
  const settings = resolveSettings({ flags: flagsOf(globals), env, config, defaults, profile: temporalProfile(env) });
  const namespaceGiven =
    globals.namespace !== undefined || Boolean(env["TEMPORAL_NAMESPACE"]) || settings.namespace !== CONFIG_DEFAULTS["temporal.namespace"];
  return {
    address: settings.serverAddressGiven || local === null ? settings.serverAddress : local.temporal.address,
    namespace: namespaceGiven || local === null ? settings.namespace : local.temporal.namespace,
    host: globals.host ?? local?.host ?? settings.host,
    taskQueue: settings.taskQueue,
    // A server of our own takes none; what the environment has is meant for the shared one.
    ...(local === null || settings.serverAddressGiven ? { credentials: temporalCredentials(env) } : {}),
  };
}

function flagsOf({ host, namespace, serverAddress }: Globals): { host?: string; namespace?: string; serverAddress?: string } {
  return {
    ...(host === undefined ? {} : { host }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(serverAddress === undefined ? {} : { serverAddress }),
  };
}

/**
 * Asks for a plain connection first: a closed port is told at once, where the Temporal client would
 * be loaded and try for seconds. Behind a proxy only the client itself can know.
 */
export async function answering(address: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const endpoint = parseEndpoint(address);
  if (endpoint === undefined || ["grpc_proxy", "https_proxy", "http_proxy"].some((name) => env[name])) return;
  const socket = connect({ ...endpoint, autoSelectFamily: true });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
  } catch (cause) {
    throw new AuraError("temporal_unreachable", `no Temporal server answers at ${address}`, { cause });
  } finally {
    socket.destroy();
  }
}
