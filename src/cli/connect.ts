import { createApiClient, type ApiClient, type HealthDocument } from "../api/client.js";
import type { TemporalControl, TemporalControlOptions } from "../api/remote.js";
import type { LogsPort, ServicesControl } from "../services/control.js";
import { AuraError, asAuraError } from "../shared/errors.js";
import type { Context, Globals } from "./context.js";
import { apiOfHost } from "./host-api.js";
import { localPlaces } from "./local.js";
import { answering, temporalTarget } from "./temporal-target.js";

/** A host to command, by whichever way leads to it. */
export interface Connection {
  readonly control: ServicesControl;
  readonly via: "socket" | "temporal";
  /** Events of the host; null over Temporal, which is asked again and again instead. */
  readonly events: ApiClient["events"] | null;
  close(): Promise<void>;
}

export type Asking = Pick<Context, "globals" | "io">;

/** This host's `aurad`, when its socket answers. */
export interface Local {
  readonly client: ApiClient;
  readonly health: HealthDocument;
}

/**
 * This host goes through its socket; another one, or a named server, through Temporal, which also
 * steps in when no `aurad` answers here. Throws AuraError with exit 2 when neither way leads anywhere.
 */
export async function connectControl(asking: Asking): Promise<Connection> {
  const local = await localDaemon(asking);
  if ("client" in local && isMeant(local, asking.globals)) return overSocket(local.client);
  const temporal = await overTemporal(asking, local, services);
  return { control: temporal, via: "temporal", events: null, close: () => temporal.close() };
}

/** The workflows of the namespace, for what only they know: which hosts there are. */
export async function connectTemporal(asking: Asking): Promise<TemporalControl> {
  return overTemporal(asking, await localDaemon(asking), services);
}

/** Log text never travels through a history: it is read on the host, or from the host's own API. */
export async function connectLogs(
  asking: Asking,
): Promise<{ readonly logs: LogsPort; readonly names: () => Promise<readonly string[]>; close(): Promise<void> }> {
  const local = await localDaemon(asking);
  const { host } = asking.globals;
  if ("client" in local && (host ?? local.health.host) === local.health.host) return apiLogs(local.client);
  if (host === undefined && !("client" in local)) throw local.error;
  const temporal = await overTemporal(asking, local, services);
  try {
    const row = (await temporal.hosts()).find((one) => one.host === host);
    return apiLogs(createApiClient(apiOfHost(host ?? "", row, asking.io.env["AURA_API_TOKEN"])));
  } finally {
    await temporal.close();
  }
}

function apiLogs(client: ApiClient): Awaited<ReturnType<typeof connectLogs>> {
  return {
    logs: client,
    names: async () => (await client.status()).services.map((row) => row.name),
    close: async () => client.close(),
  };
}

function overSocket(client: ApiClient): Connection {
  return { control: client, via: "socket", events: client.events, close: async () => client.close() };
}

/** The daemon of this host, or why it cannot be asked. A daemon that is there but does not answer in time is an error. */
export async function localDaemon({ io }: Asking): Promise<Local | { readonly error: AuraError }> {
  const client = createApiClient({ socketPath: localPlaces(io.env).sock });
  try {
    return { client, health: await client.who() };
  } catch (thrown) {
    client.close();
    const error = asAuraError(thrown);
    if (error.code === "daemon_not_running") return { error };
    throw error;
  }
}

/** Whether a command goes to this host's daemon: it is there, and nobody named another host or a server. */
export function isMeant(local: Local | { readonly error: AuraError }, globals: Globals): boolean {
  return "client" in local && !namesServer(globals) && (globals.host ?? local.health.host) === local.health.host;
}

async function services(target: TemporalControlOptions): Promise<TemporalControl> {
  const { createTemporalControl } = await import("../api/temporal-control.js");
  return createTemporalControl(target);
}

/** Whatever `open` makes of the server that is meant. Ends the connection to the daemon here. */
export async function overTemporal<T>(
  asking: Asking,
  local: Local | { readonly error: AuraError },
  open: (target: TemporalControlOptions) => Promise<T>,
): Promise<T> {
  if ("client" in local) local.client.close();
  const target = await temporalTarget(asking, "health" in local ? local.health : null);
  try {
    await answering(target.address, asking.io.env);
    return await open(target);
  } catch (thrown) {
    const error = asAuraError(thrown);
    const onlyLocal = asking.globals.host === undefined && !namesServer(asking.globals);
    if (error.code !== "temporal_unreachable" || !onlyLocal || !("error" in local)) throw error;
    throw new AuraError("daemon_not_running", `${local.error.message}, and ${error.message}`, { fix: local.error.fix, cause: error });
  }
}

function namesServer(globals: Globals): boolean {
  return globals.serverAddress !== undefined || globals.namespace !== undefined;
}
