import { acquireHome, currentPlaces } from "../adapters/home/home.js";
import { logSteps, type Steps } from "../adapters/temporal/steps.js";
import type { OnStop } from "../host/config-defaults.js";
import type { Settings } from "../host/settings.js";
import type { Log } from "../shared/log.js";
import { beginServer } from "./host-server.js";
import { createHostServices } from "./host-services.js";

/** A running aurad. */
export interface Daemon {
  /** The Temporal server in use. */
  readonly address: string;
  readonly statusUrl: string | null;
  readonly webUi: string | null;
  /** Ends it: no new work, what is in flight finishes, services are stopped or left, the server goes last. */
  stop(onStop: OnStop): Promise<void>;
}

/**
 * Brings aurad up, step by step; what was begun is undone when a step fails. Services are adopted before Temporal is needed:
 * its server starts meanwhile, and while the SDK is loaded, which takes longest of all.
 */
export async function startDaemon(settings: Settings, log: Log, steps: Steps = logSteps(log)): Promise<Daemon> {
  const home = await acquireHome(currentPlaces());
  const undo: (() => Promise<void> | void)[] = [() => home.release()];
  try {
    const coming = beginServer(settings, home.places, log, steps);
    undo.push(() => coming.undo());
    const services = await createHostServices(home, settings, log);
    undo.push(() => services.close());
    // Loading keeps the processor for itself: what starts the server comes first.
    await coming.spawned;
    const { assemble } = await import("./assemble.js");
    return await assemble({ settings, log, home, services, coming, undo });
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}
