import { createEpochsClient } from "../api/epochs-client.js";
import type { TemporalEpochs } from "../api/remote.js";
import type { EpochsControl } from "../epochs/control.js";
import type { SliceLogsPort } from "../epochs/ports.js";
import { AuraError } from "../shared/errors.js";
import { connectTemporal, isMeant, localDaemon, overTemporal, type Asking } from "./connect.js";
import { apiOfHost } from "./host-api.js";
import { localPlaces } from "./local.js";

/** The epochs of a namespace, by whichever way leads to them. */
export interface EpochsConnection {
  readonly control: EpochsControl;
  readonly via: "socket" | "temporal";
  /** The name of this host, as its `aurad` or its configuration has it. */
  readonly here: string;
  close(): Promise<void>;
}

/**
 * This host's socket; another host, or a named server, over Temporal, which also steps in when no `aurad`
 * answers here. Throws AuraError with exit 2 when neither way leads anywhere.
 */
export async function connectEpochs(asking: Asking): Promise<EpochsConnection> {
  const local = await localDaemon(asking);
  if ("client" in local && isMeant(local, asking.globals)) {
    local.client.close();
    const client = createEpochsClient({ socketPath: localPlaces(asking.io.env).sock });
    return { control: client, via: "socket", here: local.health.host, close: async () => client.close() };
  }
  let target = "";
  const control = await overTemporal<TemporalEpochs>(asking, local, async (found) => {
    target = found.host;
    const { createTemporalEpochs } = await import("../api/temporal-epochs.js");
    return createTemporalEpochs(found);
  });
  const here = "client" in local ? local.health.host : asking.globals.host === undefined ? target : "";
  return { control, via: "temporal", here, close: () => control.close() };
}

/** What slices wrote is read on their own host, or from its API: log text never travels through a history. */
export async function connectSliceLogs(
  asking: Asking,
  host: string,
): Promise<{ readonly logs: SliceLogsPort; readonly close: () => void }> {
  const local = await localDaemon(asking);
  if ("client" in local) local.client.close();
  if ("client" in local && local.health.host === host) return clientLogs({ socketPath: localPlaces(asking.io.env).sock });
  const temporal = await connectTemporal({ ...asking, globals: { ...asking.globals, host } });
  try {
    const row = (await temporal.hosts()).find((one) => one.host === host);
    if (row === undefined) throw new AuraError("host_unreachable", `no aurad serves host ${host}, where the slice ran`);
    return clientLogs(apiOfHost(host, row, asking.io.env["AURA_API_TOKEN"]));
  } finally {
    await temporal.close();
  }
}

function clientLogs(target: Parameters<typeof createEpochsClient>[0]): { readonly logs: SliceLogsPort; readonly close: () => void } {
  const client = createEpochsClient(target);
  return { logs: client.logs, close: () => client.close() };
}
