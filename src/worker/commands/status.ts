import { currentPlaces, runningPid, runningPlaces } from "../../adapters/home/home.js";
import { readDaemonFile } from "../../adapters/home/run-files.js";
import { createApiClient } from "../../api/client.js";
import { asAuraError } from "../../shared/errors.js";

const UNHEALTHY = 1;
const NOT_RUNNING = 2;

/** `aurad status`: 0 running and healthy, 1 running with problems, 2 not running. The token goes only to a proven pid. */
export async function status(flags: { json?: boolean; ui?: boolean }): Promise<number> {
  const places = runningPlaces(currentPlaces());
  const pid = runningPid(places);
  if (pid === null) return notRunning(flags.json === true, "it does not run");
  if (flags.ui === true) return printUi(places, pid);
  const client = createApiClient({ socketPath: places.sock });
  try {
    const [health, document] = await Promise.all([client.health(), client.status()]);
    const ok = health.problems.length === 0;
    if (flags.json === true) {
      process.stdout.write(
        `${JSON.stringify({ schema_version: 1, running: true, pid, host: health.host, temporal: health.temporal, problems: health.problems, roots: [], services: document.services.length })}\n`,
      );
      return ok ? 0 : UNHEALTHY;
    }
    const counts = new Map<string, number>();
    for (const { state } of document.services) counts.set(state, (counts.get(state) ?? 0) + 1);
    process.stdout.write(
      [
        `pid       ${pid}`,
        `host      ${health.host}`,
        `temporal  ${health.temporal.address} (namespace ${health.temporal.namespace}, ${health.temporal.connected ? "connected" : "not connected"})`,
        ...(health.temporal.web_ui === null ? [] : [`web ui    ${health.temporal.web_ui}`]),
        `services  ${[...counts].map(([state, n]) => `${n} ${state}`).join(", ") || "none"}`,
        ...health.problems.map((problem) => `problem   ${problem}`),
      ].join("\n") + "\n",
    );
    return ok ? 0 : UNHEALTHY;
  } catch (error) {
    return notRunning(flags.json === true, asAuraError(error).message);
  } finally {
    client.close();
  }
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
