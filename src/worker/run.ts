import { acquireHome, currentPlaces } from "../adapters/home/home.js";
import { logSteps, type Steps } from "../adapters/temporal/steps.js";
import type { OnStop } from "../host/config-defaults.js";
import type { Settings } from "../host/settings.js";
import type { Log } from "../shared/log.js";
import { type ConfigSource } from "./config-teller.js";
import { beginServer } from "./host-server.js";
import { createHostServices } from "./host-services.js";
import { RootsSlot } from "./roots-slot.js";

/** A running aurad. */
export interface Daemon {
  /** The Temporal server in use. */
  readonly address: string;
  readonly statusUrl: string | null;
  readonly webUi: string | null;
  /** Ends it: no new work, what is in flight finishes, services are stopped or left, the server goes last. */
  stop(onStop: OnStop): Promise<void>;
  /** What is in flight is given up: for somebody who does not want to wait. */
  abort(): void;
}

export interface StartOptions {
  readonly steps?: Steps;
  /** For the records of ticks; `log` when absent. */
  readonly ticks?: Log;
  /** Taken over when it changes; without it nothing is. */
  readonly config?: ConfigSource;
}

/**
 * Brings aurad up, step by step; what was begun is undone when a step fails. Services are adopted before Temporal is needed:
 * its server starts meanwhile, and while the SDK is loaded, which takes longest of all.
 */
export async function startDaemon(
  settings: Settings,
  log: Log,
  { steps = logSteps(log), ticks = log, config }: StartOptions = {},
): Promise<Daemon> {
  const home = await acquireHome(currentPlaces());
  const undo: (() => Promise<void> | void)[] = [() => home.release()];
  try {
    const coming = beginServer(settings, home.places, log, steps);
    undo.push(() => coming.undo());
    const services = await createHostServices(home, settings, log);
    undo.push(() => services.close());
    // Loading keeps the processor for itself: what starts the server comes first.
    await coming.spawned;
    const roots = new RootsSlot({ home, host: settings.host, log, ticks });
    undo.push(() => roots.close());
    await roots.open(settings);
    const { assemble } = await import("./assemble.js");
    return await assemble({ settings, log, home, services, roots, coming, undo, ...(config && { config }) });
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}
