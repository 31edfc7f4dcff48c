import { randomBytes } from "node:crypto";
import type { Home } from "../adapters/home/home.js";
import { removeRunFiles, writeApiToken, writeDaemonFile } from "../adapters/home/run-files.js";
import type { EmbeddedServer } from "../adapters/temporal/server.js";
import type { SharedDeps } from "../api/deps.js";
import { type Listener, listenApi, listenSocket, listenStatus } from "../api/listen.js";
import { formatEndpoint } from "../host/values.js";
import type { Settings } from "../host/settings.js";
import { HostReporter } from "../monitors/host-reporter.js";
import { StoryTeller } from "../monitors/story-teller.js";
import type { Log } from "../shared/log.js";
import { version } from "../cli/version.js";
import { type ConfigSource, tellConfig } from "./config-teller.js";
import { createHostEpochs } from "./host-epochs.js";
import { HostLine } from "./host-line.js";
import type { ComingServer } from "./host-server.js";
import type { HostServices } from "./host-services.js";
import { LocalControl } from "./local-control.js";
import { LocalRoots } from "./local-roots.js";
import type { RootsSlot } from "./roots-slot.js";
import type { Daemon } from "./run.js";
import { SpecTeller } from "./spec-teller.js";
import { TemporalLink } from "./temporal-link.js";
import { installRuntime } from "./temporal-log.js";

const DELIVER_AT_STOP_MS = 3000;
/** So many services starting at once leave no processor time for anything that can wait. */
const MANY = 10;

/** What aurad has before the SDK is loaded. */
export interface Begun {
  readonly settings: Settings;
  readonly log: Log;
  readonly home: Home;
  /** Found again, and supervised. */
  readonly services: HostServices;
  /** Open, and waiting for their workflows. */
  readonly roots: RootsSlot;
  /** Watched, and taken over when it changes. */
  readonly config?: ConfigSource;
  readonly coming: ComingServer;
  /** What was begun; each step undoes one thing when a later one fails. */
  readonly undo: (() => Promise<void> | void)[];
}

/** The rest of aurad around its services: its API, its workers and what they tell each other. */
export async function assemble({ settings, log, home, services, roots, config, coming, undo }: Begun): Promise<Daemon> {
  installRuntime(log);
  const { places } = home;
  const startedAt = Date.now();
  let link: TemporalLink | undefined;
  const epochs = await createHostEpochs(home, settings, log, () => link);
  undo.push(() => epochs.close());
  let server: EmbeddedServer | undefined;
  let address = settings.serverAddress;
  let apiUrl: string | null = null;
  const line = new HostLine(
    () => ({
      homeId: home.homeId,
      pid: process.pid,
      apiUrl,
      version: version(),
      outlines: services.outlines(),
      observed: services.guardian.snapshots(),
    }),
    ({ observed }) => reporter.attached(observed),
  );
  const suspect = (): void => server?.suspect();
  const heard = <T>(told: Promise<T>): Promise<T> => {
    told.catch(suspect);
    return told;
  };
  const reporter = new HostReporter((snapshots) => heard(line.observed(snapshots)), log);
  const stories = new StoryTeller(
    services.journal,
    (service, batch) => heard(line.transitions(service, batch)),
    log,
    () => services.guardian.starting() >= MANY,
  );
  const events = eventSource(services, reporter, stories);
  const deps: SharedDeps = {
    control: new LocalControl(settings.host, services.guardian, () => link, line),
    logs: services.logs,
    epochs: epochs.control,
    roots: new LocalRoots(
      settings.host,
      () => roots.current,
      () => link?.client,
    ),
    sliceLogs: epochs.sliceLogs,
    alive: (process) => epochs.alive(process),
    host: settings.host,
    version: version(),
    startedAt,
    pid: process.pid,
    log,
    events,
    look: async () => link?.look(),
    unreachable: suspect,
    health: () => {
      const connected = link?.connected === true;
      return {
        ok: connected,
        problems: connected ? [] : ["Temporal is not connected: services run on, commands wait"],
        temporal: { address, namespace: settings.namespace, connected, webUi: server?.uiUrl ?? null },
      };
    },
  };
  const listeners = await listen(settings, deps, home);
  undo.push(() => closeAll(listeners.all));
  apiUrl = listeners.api?.url ?? null;

  const found = await coming.ready;
  ({ address, embedded: server } = found);

  link = new TemporalLink({
    address,
    namespace: settings.namespace,
    host: settings.host,
    taskQueue: settings.taskQueue,
    homeId: home.homeId,
    log,
    credentials: found.credentials,
    activities: {
      knows: (name) => services.guardian.entries.has(name),
      order: (kind, name, orderSeq, cause) => services.guardian.order(kind, name, orderSeq, cause),
      setPending: (pending) => services.guardian.setPending(pending),
      loadSpecs: () => services.loadSpecs(),
    },
    epochs,
    roots,
    onConnected: async (signals) => {
      await line.connected(signals);
      stories.resume();
    },
  });
  // Before the first attach: a spec that is saved while aurad comes up is not overlooked.
  const specs = new SpecTeller(
    () => services.loadSpecs(),
    (outlines) => line.specs(outlines),
    log,
  );
  const watch = await services.watchSpecs(() => void specs.changed());
  const watchConfig = config === undefined ? null : await tellConfig(config, settings, log, (changed) => roots.change(changed));
  const closeWatch = async (): Promise<void> => {
    specs.stop();
    await Promise.all([watch(), watchConfig?.()]);
  };
  undo.push(closeWatch);
  await link.start();
  const linked = link;

  return {
    address,
    statusUrl: listeners.status?.url ?? null,
    webUi: server?.uiUrl ?? null,
    async stop(onStop): Promise<void> {
      services.guardian.drain();
      await closeWatch();
      await roots.quiet();
      await linked.stop();
      if (onStop === "stop") await services.guardian.stopAll({ kind: "shutdown" });
      await stories.settled(DELIVER_AT_STOP_MS);
      reporter.pause();
      stories.pause();
      await closeAll(listeners.all);
      await services.close();
      await roots.close();
      await linked.close();
      await epochs.close();
      if (onStop === "stop") await server?.stop();
      else server?.leave();
      removeRunFiles(places);
      home.release();
    },
    abort: () => roots.abort(),
  };
}

function eventSource(services: HostServices, reporter: HostReporter, stories: StoryTeller): SharedDeps["events"] {
  let id = 0;
  services.guardian.subscribe((snapshot, transition) => {
    reporter.changed(snapshot);
    if (transition !== null) stories.notice();
  });
  return {
    subscribe: (listener) =>
      services.guardian.subscribe((snapshot, transition) => {
        id += 1;
        listener(transition === null ? { id, type: "change", data: snapshot } : { id, type: "transition", data: transition });
      }),
  };
}

async function listen(settings: Settings, deps: SharedDeps, home: Home): Promise<{ all: Listener[]; status?: Listener; api?: Listener }> {
  const { places } = home;
  const all = [await listenSocket(deps, places.sock)];
  const listeners: { all: Listener[]; status?: Listener; api?: Listener } = { all };
  try {
    if (settings.statusApi) {
      const token = settings.statusApiRequireAuth ? randomBytes(32).toString("base64url") : "";
      listeners.status = await listenStatus(deps, formatEndpoint(settings.statusApiAddr), token === "" ? null : token);
      all.push(listeners.status);
      writeDaemonFile(places, { pid: process.pid, url: listeners.status.url, token, started_at: new Date(deps.startedAt).toISOString() });
    }
    if (settings.apiAddr !== null) {
      const token = randomBytes(32).toString("base64url");
      listeners.api = await listenApi(deps, formatEndpoint(settings.apiAddr), token);
      all.push(listeners.api);
      writeApiToken(places, token);
    }
    return listeners;
  } catch (error) {
    await closeAll(all);
    throw error;
  }
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}
