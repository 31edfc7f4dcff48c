import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ManifestInfo, VerifyReport } from "../../src/sync/engine-port.js";
import { missing } from "../support/components.js";
import { Random } from "../support/random.js";
import { type SyncedHome, syncedHomes, type TickLine } from "../support/synced-home.js";
import { pause, until } from "../support/until.js";

const KILLS = Number(process.env["AURA_TEST_KILLS"] ?? 8);

/** What is below a folder, by path; Aura's own left out. */
function treeOf(dir: string, below = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (path === ".aura") continue;
    if (entry.isDirectory()) for (const [one, text] of treeOf(dir, path)) found.set(one, text);
    else found.set(path, readFileSync(join(dir, path), "latin1"));
  }
  return found;
}

/** A person at one device: only in a folder of its own, so that no edit of another can stand against one of here. */
class Writer {
  private count = 0;

  constructor(
    private readonly here: SyncedHome,
    private readonly folder: string,
    private readonly random: Random,
    /** What there should be in the end, everywhere. */
    private readonly wanted: Map<string, string>,
  ) {}

  work(): void {
    for (let n = 0; n < 40; n++) this.write(`${this.folder}/${this.random.below(8)}/${++this.count}.txt`, 1 + this.random.below(20_000));
    // In parts of its own, and long enough on its way to be cut off.
    this.write(`${this.folder}/large`, 3_000_000);
    const mine = [...this.wanted.keys()].filter((path) => path.startsWith(`${this.folder}/`) && path.endsWith(".txt"));
    for (let n = 0; n < 5; n++) this.write(this.random.pick(mine), 1 + this.random.below(5000));
    const [gone, from] = [this.random.pick(mine), this.random.pick(mine)];
    rmSync(this.here.path("work", gone));
    this.wanted.delete(gone);
    if (from === gone) return;
    const to = `${this.folder}/renamed/${++this.count}.txt`;
    mkdirSync(dirname(this.here.path("work", to)), { recursive: true });
    renameSync(this.here.path("work", from), this.here.path("work", to));
    this.wanted.set(to, this.wanted.get(from)!);
    this.wanted.delete(from);
  }

  private write(path: string, size: number): void {
    const text = `${this.folder} ${this.count} ${this.random.next()} `.repeat(Math.ceil(size / 20)).slice(0, size);
    mkdirSync(dirname(this.here.path("work", path)), { recursive: true });
    writeFileSync(this.here.path("work", path), text);
    this.wanted.set(path, text);
  }
}

function ticksOf(here: SyncedHome): TickLine[][] {
  return here.daemons.map(({ log }) => (log as TickLine[]).filter(({ event }) => event !== undefined));
}

describe.skipIf(missing("temporal") || missing("versitygw"))("two devices whose aurads are killed over their ticks", () => {
  const { home, bucket } = syncedHomes();

  it("lose nothing, do nothing twice, and go on with what they were at", { timeout: 120_000 + KILLS * 30_000 }, async () => {
    const random = new Random("kills of an aurad over its ticks");
    const remote = await bucket();
    const wanted = new Map<string, string>();
    const devices = ["desk", "laptop"].map((folder) => {
      const here = home();
      here.root("work", remote);
      here.config(
        `head_poll_interval = "1s"\nhead_poll_max_interval = "1s"\nwatcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`,
      );
      return { here, writer: new Writer(here, folder, random, wanted) };
    });
    for (const { here } of devices) await here.start();
    for (let kill = 0; kill < KILLS; kill++) {
      for (const { writer } of devices) writer.work();
      const { here } = random.pick(devices);
      const from = here.ticks().length;
      await until(() =>
        here
          .ticks()
          .slice(from)
          .some(({ event }) => event === "tick_start"),
      );
      await pause(random.below(250));
      await here.daemon.kill();
      await here.start();
    }
    const isThere = (here: SyncedHome): boolean => {
      const tree = treeOf(here.path("work"));
      return tree.size === wanted.size && [...wanted].every(([path, text]) => tree.get(path) === text);
    };
    const difference = (): string =>
      devices
        .flatMap(({ here }) => {
          const tree = treeOf(here.path("work"));
          const paths = new Set([...wanted.keys(), ...tree.keys()]);
          return [...paths].filter((path) => tree.get(path) !== wanted.get(path)).map((path) => `${here.host} ${path}`);
        })
        .join("\n");
    await until(() => devices.every(({ here }) => isThere(here)), 60_000, difference);
    for (const { here } of devices) await until(async () => (await here.rootStatus("work")).in_sync, 30_000);

    const cutOff = devices
      .flatMap(({ here }) => ticksOf(here))
      .filter((log) => log.filter(({ event }) => event === "tick_start").length > log.filter(({ event }) => event !== "tick_start").length);
    expect(cutOff.length).toBeGreaterThan(0);
    for (const { here } of devices) {
      const all = ticksOf(here).flat();
      expect(all.filter(({ outcome }) => outcome === "error")).toEqual([]);
      // Ticks are counted on, and none is begun or ended twice.
      for (const end of [true, false]) {
        const indexes = all.filter(({ event }) => (event === "tick_start") !== end).map(({ tick_index }) => tick_index);
        expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b));
      }
      // A tick with nothing to do does nothing, and what was uploaded is whole.
      expect((await here.post<{ tick: { sync: object } }>("/v1/roots/work/sync")).body.tick.sync).toMatchObject({
        in_sync: true,
        uploaded: { files: 0 },
        downloaded: { files: 0 },
        conflicts: [],
        problems: [],
      });
      expect((await here.post<VerifyReport>("/v1/roots/work/verify")).body.bad).toEqual([]);
      const { manifests } = await here.get<{ manifests: ManifestInfo[] }>("/v1/roots/work/log?limit=1000");
      const told = manifests.map(({ device, seq }) => `${device} ${seq}`);
      expect(new Set(told).size).toBe(told.length);
    }
  });
});
