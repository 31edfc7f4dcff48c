import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { homeFolder } from "../../adapters/home/home-folder.js";
import { currentPlaces } from "../../adapters/home/home.js";
import { type Cli, findTemporalCli } from "../../adapters/temporal/cli.js";
import { createSteps, type Steps } from "../../adapters/temporal/steps.js";
import type { Io } from "../../cli/context.js";
import { processIo } from "../../cli/process-io.js";
import { asAuraError, ERRORS } from "../../shared/errors.js";
import { announce, readSettings } from "../commands/run.js";
import { type Daemon, startDaemon } from "../run.js";
import { writeCommands } from "./commands.js";
import { placeExample } from "./example.js";
import { logToFile } from "./log-file.js";
import { present, short } from "./present.js";
import { trialEnvironment, trialServer } from "./server.js";
import { stopRequest } from "./stop-request.js";

const DIST = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const STACK = resolve(DIST, "../examples/stack");
const INTERRUPTED = 130;
/** The CLI was told before. */
const silent: Steps = { say() {}, during: (_line, work) => work };

/**
 * `npm start`: aurad in the foreground on AURA_HOME, with the example stack and a Temporal server of its own, told a line
 * a step. Resolves to the exit status: 0 after a clean stop, else as `aurad run`.
 */
export async function trial(): Promise<number> {
  process.stdout.on("error", () => {}); // the terminal may be gone before we are
  const io = processIo();
  const steps = createSteps(process.stdout);
  const stop = stopRequest();
  try {
    const cli = await Promise.race([findTemporalCli({ env: process.env, home: homeFolder(process.env), steps }), stop.first]);
    if (typeof cli === "string") return 0; // nothing was begun that would have to be put in order
    const daemon = await Promise.race([bringUp(cli, steps), stop.second]);
    if (daemon === null) return INTERRUPTED;
    await Promise.race([present(daemon, io), stop.first]);
    await stop.first;
    return await bringDown(daemon, io, steps, stop.second);
  } catch (error) {
    const known = asAuraError(error);
    io.err(`aurad: ${known.line}\n`);
    return ERRORS[known.code].aurad;
  }
}

async function bringUp(cli: Cli, steps: Steps): Promise<Daemon> {
  const places = currentPlaces();
  const settings = readSettings({}, trialEnvironment(process.env, places));
  const server = await trialServer(settings, places, steps.say);
  if (placeExample(places, STACK)) steps.say(`the specs of the example stack are in ${short(places.servicesDir)}`);
  writeCommands(process.env["AURA_HOME"] ?? "", DIST);
  process.env["AURA_TEMPORAL_CLI"] = cli.path;
  const log = logToFile(places.auradLog, settings.logLevel, steps.say);
  const began = performance.now();
  const daemon = await startDaemon({ ...settings, ...server }, log, { steps: silent });
  announce(daemon, settings, log);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  steps.say(`Temporal server at ${daemon.address}, its data in ${short(places.dataDir)}`);
  steps.say(`aurad (pid ${process.pid}) ready after ${seconds}s, its log in ${short(places.logDir)}`);
  return daemon;
}

async function bringDown(daemon: Daemon, io: Io, steps: Steps, insisted: Promise<null>): Promise<number> {
  io.out("\n");
  const stopped = steps.during(
    "stopping the services, aurad and its Temporal server",
    daemon.stop("stop").then(() => 0),
  );
  const outcome = await Promise.race([stopped, insisted]);
  if (outcome === null) return INTERRUPTED;
  io.out(`stopped; npm start goes on where this ended, without ${short(process.env["AURA_HOME"] ?? "")} it begins anew\n`);
  return outcome;
}
