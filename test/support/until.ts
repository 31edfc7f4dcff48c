import { spawnSync } from "node:child_process";

const USUAL_START_MS = 50;
const POLL_MS = 20;

/** The first value that `look` gives which is neither undefined, null nor false. Rejects after `ms` with what `describe` says. */
export async function until<T>(
  look: () => T | Promise<T>,
  ms = 15_000,
  describe: () => string | Promise<string> = () => "it did not come about",
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadline) throw new Error(`after ${ms} ms: ${await describe()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How much slower than usual this machine is right now, at least 1: other tests may have its processors. */
export function slowness(): number {
  const from = performance.now();
  spawnSync(process.execPath, ["-e", "0"]);
  return Math.max(1, (performance.now() - from) / USUAL_START_MS);
}
