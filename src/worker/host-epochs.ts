import { join } from "node:path";
import { openAuditTrail } from "../adapters/audit/open.js";
import type { Home } from "../adapters/home/home.js";
import { isSame } from "../adapters/process/identity.js";
import { createSliceLogs } from "../adapters/slices/slice-logs.js";
import { createSliceRuns } from "../adapters/slices/slice-runs.js";
import type { SessionProcess } from "../epochs/messages.js";
import type { AuditTrail, SliceLogsPort, SliceRunsPort } from "../epochs/ports.js";
import type { Settings } from "../host/settings.js";
import { inheritedEnv } from "../monitors/guardian/launch.js";
import type { Log } from "../shared/log.js";
import { AuraError } from "../shared/errors.js";
import { hostQueue } from "../workflows/names.js";
import { type EpochsLink, LocalEpochs } from "./local-epochs.js";
import { SliceKeeper } from "./slice-keeper.js";

/** What this host has of epochs: its audit trail, its slices, and the way to their workflows. */
export interface HostEpochs {
  readonly control: LocalEpochs;
  readonly trail: AuditTrail;
  readonly runs: SliceRunsPort;
  readonly keeper: SliceKeeper;
  /** What they wrote. */
  readonly sliceLogs: SliceLogsPort;
  /** Whether exactly this process of this host runs. */
  alive(process: SessionProcess): boolean;
  /** Lets go of everything; slices run on. */
  close(): Promise<void>;
}

/** Throws AuraError `state_unreadable` when the trail cannot be used. `link`: what there is of it by the time it is asked. */
export async function createHostEpochs(home: Home, settings: Settings, log: Log, link: () => EpochsLink | undefined): Promise<HostEpochs> {
  const { stateDir, logDir } = home.places;
  const { host, taskQueue, auditTrail } = settings;
  if (taskQueue === hostQueue(host))
    throw new AuraError("config_invalid", `the task queue ${taskQueue} is that of host ${host} itself; epochs need one of their own`, {
      fix: "give another --task-queue",
    });
  const audit = auditTrail.backend === "temporal" ? "temporal" : "trail";
  const control: LocalEpochs = new LocalEpochs(link, () => trail, { host, taskQueue, audit });
  const trail = await openAuditTrail(auditTrail, log, (epochId, filter) => control.audit(epochId, filter));
  log.info({ trail: trail.name }, `Audit trail initialized (${trail.name})`);
  const sliceLogDir = join(logDir, "slices");
  const runs = createSliceRuns({
    dir: join(stateDir, "slices"),
    logDir: sliceLogDir,
    homeId: home.homeId,
    host,
    env: inheritedEnv(process.env),
    log,
  });
  const keeper = new SliceKeeper(runs, host, log);
  return {
    control,
    trail,
    runs,
    keeper,
    sliceLogs: createSliceLogs({ logDir: sliceLogDir, isRunning: (key) => runs.isRunning(key) }),
    alive: ({ pid, start_time, boot_id }) => isSame({ pid, startTime: start_time, bootId: boot_id }),
    async close() {
      keeper.close();
      runs.close();
      await trail.close();
    },
  };
}
