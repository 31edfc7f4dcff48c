import { freePorts, isFree, portHolder } from "../../adapters/temporal/ports.js";
import { embeddedPort } from "../../adapters/temporal/server.js";
import { runningServer } from "../../adapters/temporal/server-record.js";
import type { Environment, Places } from "../../host/places.js";
import type { Settings } from "../../host/settings.js";

type ServerSettings = Pick<Settings, "serverAddress" | "embedded" | "uiPort">;

/** The environment without what it says about Temporal: trying Aura leaves nothing on anybody's server. */
export function trialEnvironment(env: Environment, { configDir }: Pick<Places, "configDir">): Environment {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("TEMPORAL_"));
  return { ...Object.fromEntries(kept), TEMPORAL_CONFIG_FILE: `${configDir}/temporal.toml` };
}

/**
 * The trial's own Temporal server: the one that an `aurad` killed before left running, else on the ports of the settings,
 * else, when they are taken, on free ones; `say` is told why.
 */
export async function trialServer(settings: ServerSettings, places: Places, say: (line: string) => void): Promise<ServerSettings> {
  const own = (port: number, uiPort: number): ServerSettings => ({ serverAddress: `localhost:${port}`, embedded: "always", uiPort });
  const port = embeddedPort(settings.serverAddress);
  const running = runningServer(places, port);
  if (running !== null) return own(running.port, running.uiPort);
  const free = { [port]: await isFree(port), [settings.uiPort]: await isFree(settings.uiPort) };
  const [one, other] = (await freePorts(2)) as [number, number];
  for (const taken of Object.keys(free)
    .map(Number)
    .filter((each) => !free[each]))
    say(`port ${taken} is in use${holderOf(taken)}: taking another one for this trial`);
  return own(free[port] ? port : one, free[settings.uiPort] ? settings.uiPort : other);
}

function holderOf(port: number): string {
  const holder = portHolder(port);
  return holder === null ? "" : ` by ${holder.args[0]?.split("/").at(-1) ?? "a program"} (pid ${holder.pid})`;
}
