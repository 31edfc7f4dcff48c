/** A device: an aurad of its own with sync roots, driven by `aura-msg` as a user does. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, startDaemon, stopDaemon, succeed } from "../aura/daemon.mjs";
import { pause } from "../aura/fleet.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { keys } from "./server.mjs";

/** Nothing ticks but what the case asks for. */
export const QUIET = { watcher_debounce: "1h", head_poll_interval: "1h", head_poll_max_interval: "1h", default_interval: "24h" };

/**
 * @typedef {object} Device
 * @property {string} name
 * @property {(id: string) => string} folder  of a root
 * @property {() => Promise<void>} start  resolves when every root has ended its first tick
 * @property {() => Promise<void>} stop
 * @property {() => object[]} ended  records of ended ticks of the newest aurad, oldest first
 * @property {(id: string, fits?: (tick: object) => boolean, from?: number) => Promise<object>} tick  the first one that fits
 * @property {(id: string) => Promise<{ms: number, report: any}>} sync  `aura-msg sync`, the whole command
 * @property {any} daemon
 * @property {string} home
 */

/**
 * @param {import("./server.mjs").S3} s3
 * @param {{name: string, roots: {id: string, bucket: string}[], settings?: Record<string, string>}} options
 * @returns {Promise<Device>} not started yet
 */
export async function createDevice(s3, { name, roots, settings = {} }) {
  const home = temporaryDirectory(name);
  const where = await createHome(home);
  const folder = (id) => join(home, "roots", id);
  const config = join(home, "config/aura.toml");
  const top = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  const tables = roots.map(({ id }) => `\n[[roots]]\npath = ${JSON.stringify(folder(id))}\n`);
  writeFileSync(config, `${top.join("")}\n${readFileSync(config, "utf8")}${tables.join("")}`);
  writeFileSync(join(home, "config/env"), `AURA_S3_ACCESS_KEY=${keys.access}\nAURA_S3_SECRET_KEY=${keys.secret}\n`, { mode: 0o600 });
  for (const { id, bucket } of roots) {
    mkdirSync(folder(id), { recursive: true });
    const args = ["root", "init", folder(id), "--root-id", id, "--device-id", name, "--bucket", bucket, "--endpoint", s3.endpoint];
    await succeed(home, args);
  }
  return new RunningDevice({ name, home, where, roots, folder });
}

const LONGEST_MS = 1_800_000;

class RunningDevice {
  #log = 0;
  daemon = null;

  constructor({ name, home, where, roots, folder }) {
    Object.assign(this, { name, home, where, roots, folder });
  }

  async start() {
    this.#log = this.daemon === null ? 0 : readFileSync(this.#file(), "utf8").length;
    this.daemon = await startDaemon(this.where);
    for (const { id } of this.roots) await this.tick(id);
  }

  async stop() {
    if (this.daemon !== null) await stopDaemon(this.daemon);
  }

  ended() {
    const lines = readFileSync(this.#file(), "utf8").slice(this.#log).split("\n").slice(0, -1);
    return lines.filter((line) => /"event":"tick_(end|skip)"/.test(line)).map((line) => JSON.parse(line));
  }

  async tick(id, fits = () => true, from = 0) {
    const limit = now() + LONGEST_MS;
    for (;;) {
      const ended = this.ended()
        .slice(from)
        .filter(({ root_id }) => root_id === id);
      const bad = ended.find(({ outcome }) => outcome !== "ok");
      if (bad !== undefined) throw new Error(`${this.name}: a tick of ${id} did not end well: ${JSON.stringify(bad)}`);
      const found = ended.find(fits);
      if (found !== undefined) return found;
      if (now() > limit) throw new Error(`${this.name}: no such tick of ${id} in time`);
      await pause(10);
    }
  }

  async sync(id) {
    const { ms, stdout } = await succeed(this.home, ["sync", id, "--json"]);
    const report = JSON.parse(stdout);
    if (report.in_sync !== true) throw new Error(`${this.name}: ${id} is not in sync: ${stdout.slice(0, 2000)}`);
    return { ms, report };
  }

  #file() {
    return join(this.home, "aurad.out");
  }
}
