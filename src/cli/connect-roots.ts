import { createRootsClient } from "../api/roots-client.js";
import type { RootsControl } from "../sync/control.js";
import { isMeant, localDaemon, overTemporal, type Asking } from "./connect.js";
import { localPlaces } from "./local.js";

/** The roots of one host, by whichever way leads to them. */
export interface RootsConnection {
  readonly control: RootsControl;
  readonly via: "socket" | "temporal";
  readonly host: string;
  /** Its paths are those of this machine. */
  readonly here: boolean;
  close(): Promise<void>;
}

/**
 * This host's socket; another host, or a named server, over Temporal, which also steps in when no `aurad`
 * answers here. Throws AuraError with exit 2 when neither way leads anywhere.
 */
export async function connectRoots(asking: Asking): Promise<RootsConnection> {
  const local = await localDaemon(asking);
  if ("client" in local && isMeant(local, asking.globals)) {
    local.client.close();
    const client = createRootsClient({ socketPath: localPlaces(asking.io.env).sock });
    return { control: client, via: "socket", host: local.health.host, here: true, close: async () => client.close() };
  }
  let host = "";
  const control = await overTemporal(asking, local, async (found) => {
    host = found.host;
    const { createTemporalRoots } = await import("../api/temporal-roots.js");
    return createTemporalRoots(found);
  });
  const here = asking.globals.host === undefined || ("client" in local && local.health.host === asking.globals.host);
  return { control, via: "temporal", host, here, close: () => control.close() };
}
