import type { NativeConnection } from "@temporalio/worker";
import type { Places } from "../../host/places.js";
import type { Settings } from "../../host/settings.js";
import { parseEndpoint } from "../../host/values.js";
import { AuraError } from "../../shared/errors.js";
import { answers, portHolder } from "./ports.js";
import type { Credentials } from "./profile.js";
import { embeddedPort } from "./server.js";
import { runningServer } from "./server-record.js";

export type ServerChoice =
  | { readonly kind: "embedded"; readonly port: number; readonly uiPort: number }
  | { readonly kind: "external"; readonly address: string };

type ChoiceSettings = Pick<Settings, "serverAddress" | "serverAddressGiven" | "embedded" | "uiPort">;

const CONNECT_MS = 10_000;

/**
 * Whose server it is to be. A given address means that server; without one our own, unless one answers at the default
 * address already. Our own that still runs from before counts as ours. Throws AuraError: `temporal_unreachable` when an
 * own server is forbidden and none answers, `port_in_use` when something else sits on the default port.
 */
export async function resolveServer(settings: ChoiceSettings, places: Places, credentials: Credentials): Promise<ServerChoice> {
  const { serverAddress: address, embedded, uiPort } = settings;
  if (embedded === "always") return { kind: "embedded", port: embeddedPort(address), uiPort };
  const external: ServerChoice = { kind: "external", address };
  if (settings.serverAddressGiven) return external;
  const { host, port } = parseEndpoint(address)!;
  if (embedded === "auto" && runningServer(places, port) !== null) return { kind: "embedded", port, uiPort };
  if (await answers(host, port)) {
    await expectTemporal(address, port, credentials);
    return external;
  }
  if (embedded === "auto") return { kind: "embedded", port, uiPort };
  throw new AuraError("temporal_unreachable", `no Temporal server answers at ${address}, and an embedded one is forbidden`, {
    fix: "start one there, name another with --server-address, or leave --no-embedded out",
  });
}

/** A connection for worker and client alike; an embedded server takes no credentials. Throws AuraError `temporal_unreachable`. */
export async function connectNative(address: string, credentials: Credentials): Promise<NativeConnection> {
  // Loaded here: whose server it is to be is known, and one of our own on its way, long before the SDK is.
  const { NativeConnection: Native } = await import("@temporalio/worker");
  const connecting = Native.connect(connectionOptions(address, credentials));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CONNECT_MS / 1000}s`)), CONNECT_MS);
  });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    // One that comes too late is not left open.
    connecting.then(
      (connection) => connection.close(),
      () => {},
    );
    throw new AuraError("temporal_unreachable", `Temporal at ${address} cannot be reached: ${reason(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** For the native and for the pure client. */
export function connectionOptions(address: string, { apiKey, tls, metadata }: Credentials) {
  return {
    address,
    ...(apiKey !== undefined && { apiKey }),
    ...(tls !== undefined && { tls }),
    ...(metadata !== undefined && { metadata: { ...metadata } }),
  };
}

async function expectTemporal(address: string, port: number, credentials: Credentials): Promise<void> {
  const { Connection } = await import("@temporalio/client");
  try {
    const connection = await Connection.connect({ ...connectionOptions(address, credentials), connectTimeout: 3000 });
    await connection.close();
  } catch (error) {
    const holder = portHolder(port);
    const by = holder === null ? "something" : `${holder.args[0]?.split("/").at(-1) ?? "a program"} (pid ${holder.pid})`;
    throw new AuraError("port_in_use", `${by} at ${address} does not answer like a Temporal server: ${reason(error)}`, {
      fix: "free the port, or set temporal.address in aura.toml (with temporal.embedded = true for a server of our own)",
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n")[0]!.slice(0, 200);
}
