import { copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { cutAfter, seededFaults } from "../../src/adapters/s3/faults.js";
import type { TickRequest } from "../../src/sync/tick.js";
import { Random } from "../support/random.js";
import type { Device, Rig } from "./rig.js";
import { User } from "./user.js";

const STEPS = 24;

/** Seeds of this run: as many as AURA_TEST_SEEDS says, or the one that is replayed with AURA_TEST_SEED. */
export function seedsOf(usual: number): number[] {
  const given = process.env["AURA_TEST_SEED"];
  if (given !== undefined) return [Number(given)];
  const first = Math.floor(Math.random() * 2 ** 30);
  return Array.from({ length: Number(process.env["AURA_TEST_SEEDS"] ?? usual) }, (_, i) => first + i);
}

/** Two or three devices that are edited, killed and cut off at random; in the end all have the same, and nothing is lost. */
export async function converge(rig: Rig, seed: number): Promise<void> {
  const random = new Random("convergence", seed);
  const user = new User(random);
  try {
    for (let i = 0; i < 2 + random.below(2); i++) rig.device(`dev${i}`, { limits: { maxDelete: 1 }, now: clockOf(random) });
    for (let step = 0; step < STEPS; step++) await stepOf(rig, user, random);
    await quiet(rig);
    const [tree, ...others] = rig.devices.map((device) => device.tree);
    for (const other of others) expect(other).toEqual(tree);
    const found = new Set(
      rig.devices.flatMap((device) => [...Object.values(device.tree), ...device.trash].map((text) => text.replace(/^x /, ""))),
    );
    expect([...user.kept].filter((content) => !found.has(content))).toEqual([]);
  } catch (error) {
    process.stderr.write(`seed ${seed}:\n${user.log.join("\n")}\n`);
    throw error;
  } finally {
    await rig.remove();
  }
}

/** Somebody works, somewhere a tick runs, and something may go wrong with it. */
async function stepOf(rig: Rig, user: User, random: Random): Promise<void> {
  const folders = new Map<Device, string[]>();
  for (let i = random.below(4); i > 0; i--) {
    const device = random.pick(rig.devices);
    folders.set(device, [...(folders.get(device) ?? []), ...user.act(device)]);
  }
  for (const device of rig.devices) {
    const touched = folders.get(device) ?? [];
    if (random.below(2) === 0) continue;
    const request: Partial<TickRequest> = random.below(3) === 0 ? { folders: touched } : {};
    await tickSomehow(device, request, user, random);
  }
}

async function tickSomehow(device: Device, request: Partial<TickRequest>, user: User, random: Random): Promise<void> {
  const dice = random.below(10);
  const asked = JSON.stringify(request.folders ?? "all");
  if (dice < 5) {
    await device.close();
    device.faults = {};
    const outcome = await device.engine.tick({ trigger: "watcher", ...request });
    user.log.push(`${device.name}: tick ${asked} ${outcome.kind}`);
    if (outcome.kind !== "ok") throw new Error(JSON.stringify(outcome));
  } else if (dice < 8) {
    const at = random.below(40);
    const dead = await device.tickAndKill(at, request);
    user.log.push(`${device.name}: tick ${asked} ${dead ? "killed" : "not killed"} at ${at}`);
  } else {
    await device.close();
    device.faults = {
      plan:
        dice === 8 ? cutAfter(random.below(8)) : seededFaults(() => random.next(), 0.3, ["offline", "lost", "truncated", "server_error"]),
    };
    const outcome = await device.engine.tick({ trigger: "interval", ...request });
    user.log.push(`${device.name}: tick ${asked} through a bad network: ${outcome.kind}`);
    await device.close();
    device.faults = {};
  }
  await harmDatabase(device, user, random);
}

/** Now and then it is lost, copied, or replaced by an old copy. */
async function harmDatabase(device: Device, user: User, random: Random): Promise<void> {
  const backup = `${device.stateFile}.backup`;
  const dice = random.below(60);
  if (dice > 2 || (dice === 2 && !existsSync(backup)) || !existsSync(device.stateFile)) return;
  await device.close();
  if (dice === 0) for (const end of ["", "-wal", "-shm"]) rmSync(device.stateFile + end, { force: true });
  if (dice === 1) copyFileSync(device.stateFile, backup);
  if (dice === 2) copyFileSync(backup, device.stateFile);
  // A copy of a database that another has taken the place of since is refused, rightly.
  if (dice === 0) rmSync(backup, { force: true });
  user.log.push(`${device.name}: its database is ${["lost", "copied", "replaced by its copy"][dice]}`);
}

/** All is well again, nothing is ignored, and everybody ticks until nothing is left to do. */
async function quiet(rig: Rig): Promise<void> {
  for (const device of rig.devices) {
    await device.close();
    writeFileSync(device.path(".aura", "ignore"), "");
  }
  await rig.settle(15);
}

/** Up to ten years off, each its own. */
function clockOf(random: Random): () => number {
  const off = (random.next() - 0.5) * 20 * 365 * 86_400_000;
  return () => Date.now() + off;
}
