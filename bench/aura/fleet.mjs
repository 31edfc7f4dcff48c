/** A daemon with many services up, for the cases that look at ours alone. */
import { rmSync } from "node:fs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { createServices } from "../measure/services.mjs";
import { createHome, get, startDaemon, stopDaemon, succeed } from "./daemon.mjs";
import { sleeper, writeSpecs } from "./home.mjs";

const TIMEOUT_MS = 180_000;
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The rows of `status --json`, over the local socket; [] while nothing answers. */
export async function statusRows(home) {
  return (await get(home, "/v1/services"))?.services ?? [];
}

/**
 * Waits until `enough(rows)`, looking every `everyMs`; returns the time of now().
 * @param {(rows: {name: string, state: string, pid: number | null, health: string, ready: boolean}[]) => boolean} enough
 */
export async function awaitRows(home, enough, everyMs = 20) {
  const limit = now() + TIMEOUT_MS;
  for (;;) {
    const rows = await statusRows(home);
    if (enough(rows)) return now();
    if (now() > limit) throw new Error(`services did not get there within ${TIMEOUT_MS / 1000} s: ${JSON.stringify(rows.slice(0, 3))}`);
    await pause(everyMs);
  }
}

export const allRunning = (size) => (rows) => rows.filter(({ state, pid }) => state === "running" && pid !== null).length === size;

/**
 * Calls `body` with a daemon that has `size` services up, and ends everything behind it.
 * `body` may replace `fleet.daemon`, as a restart does.
 * @template T
 * @param {{size: number, extra?: (index: number) => object | undefined}} options
 * @param {(fleet: {home: string, where: object, daemon: any}) => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withFleet({ size, extra = () => undefined }, body) {
  const home = temporaryDirectory("aura");
  const where = await createHome(home);
  writeSpecs(
    home,
    createServices(size).map((service, index) => sleeper(service, extra(index))),
  );
  const fleet = { home, where, daemon: await startDaemon(where) };
  try {
    await succeed(home, ["up"]);
    await awaitRows(home, allRunning(size));
    return await body(fleet);
  } finally {
    await succeed(home, ["down"]).catch(() => {});
    await stopDaemon(fleet.daemon);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
