import { join } from "node:path";
import { Journal } from "../adapters/journal/journal.js";
import { createPortAllocator, type ReservingPortAllocator } from "../adapters/ports/allocator.js";
import { createProbe } from "../adapters/probe/probe.js";
import { bootId } from "../adapters/process/identity.js";
import { Records } from "../adapters/process/records.js";
import { Runs } from "../adapters/process/runs.js";
import { createLogsPort } from "../adapters/service-logs/logs-port.js";
import { createServiceLogs } from "../adapters/service-logs/service-logs.js";
import { createSpecs } from "../adapters/specs/specs.js";
import type { Home } from "../adapters/home/home.js";
import type { Settings } from "../host/settings.js";
import { inheritedEnv } from "../monitors/guardian/launch.js";
import { Guardian } from "../monitors/guardian/guardian.js";
import { StoryTeller } from "../monitors/story-teller.js";
import type { LogsPort } from "../services/control.js";
import { outline, type SpecOutline } from "../services/spec.js";
import type { Log } from "../shared/log.js";
import { systemClock } from "./clock.js";

/** Everything that keeps the services of this host alive without any help of Temporal. */
export interface HostServices {
  readonly guardian: Guardian;
  readonly journal: Journal;
  readonly logs: LogsPort;
  /** Reads the spec directory and takes it over. */
  loadSpecs(): Promise<{ outlines: SpecOutline[]; errors: string[] }>;
  watchSpecs(onChange: () => void): Promise<() => Promise<void>>;
  outlines(): SpecOutline[];
  /** Lets go of everything; services run on. */
  close(): Promise<void>;
}

export async function createHostServices(home: Home, settings: Settings, log: Log): Promise<HostServices> {
  const { places } = home;
  const env = process.env;
  const specs = createSpecs({
    dir: places.servicesDir,
    lastGoodDir: places.specsDir,
    home: env["HOME"] ?? "/",
    env,
    isRoot: process.getuid?.() === 0,
    log,
  });
  const ports: ReservingPortAllocator = createPortAllocator({
    file: places.portsJson,
    range: [settings.portRange.from, settings.portRange.to],
    log,
  });
  const serviceLogs = createServiceLogs({ dir: places.serviceLogDir, log });
  const journal = new Journal(places.journalDir, log, [StoryTeller.reader]);
  const guardian = new Guardian(
    {
      runs: (listener) => new Runs({ dir: join(places.processesDir, "runs"), homeId: home.homeId, log }, listener),
      records: new Records(places.processesDir),
      journal,
      ports,
      logs: serviceLogs,
      probe: createProbe(),
      clock: systemClock,
      log,
      bootId: bootId(),
    },
    { host: settings.host, env: inheritedEnv(env) },
  );
  let outlines: SpecOutline[] = [];
  let reported = "";

  const loadSpecs = async (): Promise<{ outlines: SpecOutline[]; errors: string[] }> => {
    const { specs: found, errors } = await specs.load();
    guardian.setSpecs(found);
    outlines = [...found.values()].map(outline);
    const lines = errors.map(({ message }) => message);
    // The same problems are said once, not at every save of another file.
    if (lines.join("\n") !== reported)
      for (const error of errors) log.error({ file: error.file, line: error.line, key: error.key }, error.message);
    reported = lines.join("\n");
    return { outlines, errors: lines };
  };

  await loadSpecs();
  guardian.adopt();
  const stopSweep = serviceLogs.startSweep();
  return {
    guardian,
    journal,
    logs: createLogsPort(serviceLogs),
    loadSpecs,
    watchSpecs: (onChange) => specs.watch(onChange),
    outlines: () => outlines,
    async close(): Promise<void> {
      guardian.close();
      await stopSweep();
      await ports.saved();
      journal.close();
    },
  };
}
