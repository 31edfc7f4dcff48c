import { hostname } from "node:os";
import { homeFolder } from "../../adapters/home/home-folder.js";
import { createLog, stdoutSink, wantsColour } from "../../adapters/logging/create-log.js";
import { loadConfig } from "../../adapters/config/load-config.js";
import { currentPlaces } from "../../adapters/home/home.js";
import { temporalProfile } from "../../adapters/temporal/profile.js";
import type { OnStop } from "../../host/config-defaults.js";
import type { Environment } from "../../host/places.js";
import { type Flags, resolveSettings, type Settings } from "../../host/settings.js";
import type { Log } from "../../shared/log.js";
import { type Daemon, startDaemon } from "../run.js";

export interface RunFlags extends Flags {
  readonly config?: string;
}

const SECOND_SIGNAL = 130;
const GIVE_UP_MS = 3000;
const ABORT_MS = 500;

/** `aurad run`: resolves to the exit status once a signal ended it. */
export async function run(roots: readonly string[], flags: RunFlags): Promise<number> {
  const read = (): Settings => readSettings(flags, process.env, roots);
  const settings = read();
  const to = {
    format: settings.logFormat,
    level: settings.logLevel,
    stdout: stdoutSink(),
    colour: wantsColour(process.stdout.isTTY, process.env),
  };
  const log = createLog(to);
  const ticks = createLog({ ...to, upperLevels: true });
  const stop = stopSignal();
  const started = startDaemon(settings, log, { ticks, config: { file: configFile(flags), read } });
  const first = await Promise.race([started.then(() => null), stop.first]);
  if (first !== null) {
    // Asked to stop while coming up: finish that, then stop. A download or a build that it waits for is given up;
    // services found again by then run on for the next aurad.
    const daemon = await Promise.race([started, stop.second, after(GIVE_UP_MS)]);
    if (daemon === "late") return 0;
    if (daemon === null) return SECOND_SIGNAL;
    return end(daemon, first === "SIGUSR2" ? "leave" : settings.onStop, stop.second, log);
  }
  const daemon = await started;
  announce(daemon, settings, log);
  const signal = await stop.first;
  return end(daemon, signal === "SIGUSR2" ? "leave" : settings.onStop, stop.second, log);
}

async function end(daemon: Daemon, onStop: OnStop, second: Promise<null>, log: Log): Promise<number> {
  log.info({ services: onStop }, onStop === "stop" ? "stopping: services stop in reverse order" : "stopping: services are left running");
  const stopped = daemon.stop(onStop).then(() => 0);
  const outcome = await Promise.race([stopped, second]);
  if (outcome === null) {
    log.warn({}, "second signal: stopping at once");
    // A tick ends where nothing is half done, if that is soon; a kill would do as well.
    daemon.abort();
    await Promise.race([stopped, after(ABORT_MS)]);
    return SECOND_SIGNAL;
  }
  log.info({}, "stopped");
  return outcome;
}

function after(ms: number): Promise<"late"> {
  return new Promise((resolve) => setTimeout(() => resolve("late"), ms).unref());
}

/** The one record that tells that everything is up, and where. */
export function announce(daemon: Daemon, settings: Settings, log: Log): void {
  const { namespace, taskQueue, serverAddress } = settings;
  log.info(
    { namespace, task_queue: taskQueue, server: daemon.address, host: settings.host, web_ui: daemon.webUi, status_url: daemon.statusUrl },
    `Worker running: namespace=${namespace} task_queue=${taskQueue} server=${daemon.address ?? serverAddress}` +
      (daemon.webUi === null ? "" : ` ui=${daemon.webUi}`) +
      (daemon.statusUrl === null ? "" : ` status=${daemon.statusUrl}`),
  );
}

/** Flags, environment and `aura.toml` of this home. Throws AuraError `usage` or `config_invalid` (64). */
export function readSettings(flags: RunFlags, env: Environment = process.env, positional: readonly string[] = []): Settings {
  const home = homeFolder(env);
  const places = currentPlaces();
  const { config } = loadConfig({ file: configFile(flags), required: flags.config !== undefined, env, home });
  return resolveSettings({
    flags,
    env,
    config,
    positional,
    profile: temporalProfile(env),
    defaults: { osHostName: hostname(), auditDb: places.auditDb, home, cwd: process.cwd() },
  });
}

function configFile({ config }: RunFlags): string {
  return config ?? currentPlaces().auraToml;
}

/** SIGUSR2 stops aurad and leaves the services: what `aurad stop --leave-services` sends. */
function stopSignal(): { first: Promise<NodeJS.Signals>; second: Promise<null> } {
  let seen = 0;
  let first!: (signal: NodeJS.Signals) => void;
  let second!: (nothing: null) => void;
  const promises = {
    first: new Promise<NodeJS.Signals>((resolve) => (first = resolve)),
    second: new Promise<null>((resolve) => (second = resolve)),
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGUSR2"] as const) {
    process.on(signal, () => {
      seen += 1;
      if (seen === 1) first(signal);
      else second(null);
    });
  }
  process.on("SIGHUP", () => {}); // a closed terminal is no reason to die; `aura-msg reload` reloads
  return promises;
}
