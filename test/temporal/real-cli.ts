import { homedir } from "node:os";
import { findInstalledCli } from "../../src/adapters/temporal/cli.js";
import { answers, freePorts } from "../../src/adapters/temporal/ports.js";

/** Path of a real Temporal CLI; without one the suites that need it are skipped, loudly, or fail where it is required. */
export const realCli: string | null = await find();

async function find(): Promise<string | null> {
  const quiet = { say() {}, during: <T>(_line: string, work: Promise<T>): Promise<T> => work };
  const cli = await findInstalledCli({ env: process.env, home: homedir(), steps: quiet });
  if (cli !== null) return cli.path;
  if ((process.env["AURA_TEST_REQUIRE"] ?? "").split(/[\s,]+/).includes("temporal")) {
    throw new Error("AURA_TEST_REQUIRE names temporal, but there is no Temporal CLI: set AURA_TEMPORAL_CLI");
  }
  console.warn("SKIPPED: tests on a real Temporal server; there is no Temporal CLI (set AURA_TEMPORAL_CLI)");
  return null;
}

export async function twoPorts(): Promise<{ port: number; uiPort: number }> {
  const [port, uiPort] = (await freePorts(2)) as [number, number];
  return { port, uiPort };
}

/** Resolves when the port is answered (or not any more, with `open` false). */
export async function untilPort(port: number, open = true): Promise<void> {
  while ((await answers("127.0.0.1", port)) !== open) await new Promise((next) => setTimeout(next, 20));
}
