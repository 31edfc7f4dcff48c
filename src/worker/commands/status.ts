import { homeFolder } from "../../adapters/home/home-folder.js";
import { currentPlaces, runningPid, runningPlaces } from "../../adapters/home/home.js";
import { readDaemonFile } from "../../adapters/home/run-files.js";
import { createApiClient, type HealthDocument } from "../../api/client.js";
import { createRootsClient } from "../../api/roots-client.js";
import type { StatusDocument } from "../../services/control.js";
import { asAuraError } from "../../shared/errors.js";
import type { RootStatus } from "../../sync/control.js";
import { isHealthy } from "../../sync/root-status.js";
import { rootLines } from "./root-lines.js";

const UNHEALTHY = 1;
const NOT_RUNNING = 2;

interface Found {
  readonly pid: number;
  readonly health: HealthDocument;
  readonly services: StatusDocument["services"];
  readonly roots: readonly RootStatus[];
}

/** `aurad status`: 0 running and healthy, 1 running with problems, 2 not running. The token goes only to a proven pid. */
export async function status(flags: { json?: boolean; ui?: boolean }): Promise<number> {
  const places = runningPlaces(currentPlaces());
  const pid = runningPid(places);
  if (pid === null) return notRunning(flags.json === true, "it does not run");
  if (flags.ui === true) return printUi(places, pid);
  const client = createApiClient({ socketPath: places.sock });
  const rootsClient = createRootsClient({ socketPath: places.sock });
  try {
    const [health, { services }, roots] = await Promise.all([client.health(), client.status(), rootsClient.list()]);
    const found = { pid, health, services, roots };
    process.stdout.write(flags.json === true ? `${JSON.stringify(documentOf(found))}\n` : `${linesOf(found).join("\n")}\n`);
    return health.problems.length === 0 && roots.every(isHealthy) ? 0 : UNHEALTHY;
  } catch (error) {
    return notRunning(flags.json === true, asAuraError(error).message);
  } finally {
    client.close();
    rootsClient.close();
  }
}

function documentOf({ pid, health, services, roots }: Found): Record<string, unknown> {
  const { host, started_at, temporal, problems } = health;
  return { schema_version: 1, running: true, pid, started_at, host, temporal, problems, roots, services: services.length };
}

function linesOf({ pid, health, services, roots }: Found): string[] {
  const { address, namespace, connected, web_ui } = health.temporal;
  const counts = new Map<string, number>();
  for (const { state } of services) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [
    `pid       ${pid}`,
    `started   ${health.started_at}`,
    `host      ${health.host}`,
    `temporal  ${address} (namespace ${namespace}, ${connected ? "connected" : "not connected"})`,
    ...(web_ui === null ? [] : [`web ui    ${web_ui}`]),
    `services  ${[...counts].map(([state, n]) => `${n} ${state}`).join(", ") || "none"}`,
    ...health.problems.map((problem) => `problem   ${problem}`),
    ...rootLines(roots, Date.now(), homeFolder(process.env)),
  ];
}

function printUi(places: Parameters<typeof readDaemonFile>[0], pid: number): number {
  const file = readDaemonFile(places);
  if (file === null || file.pid !== pid) return notRunning(false, "the status listener is turned off (status_api = false)");
  process.stdout.write(`${file.url}/${file.token === "" ? "" : `#t=${file.token}`}\n`);
  return 0;
}

function notRunning(json: boolean, message: string): number {
  if (json)
    process.stdout.write(`${JSON.stringify({ schema_version: 1, running: false, error: { code: "daemon_not_running", message } })}\n`);
  else process.stderr.write(`aurad: ${message}; start it with: aurad\n`);
  return NOT_RUNNING;
}
