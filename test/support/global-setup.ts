import { homedir } from "node:os";
import type { TestProject } from "vitest/node";
import { findInstalledCli } from "../../src/adapters/temporal/cli.js";
import { ensureBuilt } from "./build.js";
import { startServer } from "./temporal.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The CLI and a server that all test files share; null where there is no Temporal CLI. */
    temporal: { readonly cli: string; readonly address: string } | null;
  }
}

/** Builds dist/ and starts the one Temporal server of all tests that do not harm it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  ensureBuilt();
  const quiet = { say() {}, during: <T>(_line: string, work: Promise<T>): Promise<T> => work };
  const cli = await findInstalledCli({ env: process.env, home: homedir(), steps: quiet });
  if (cli === null) {
    project.provide("temporal", null);
    return async () => {};
  }
  const server = await startServer(cli.path);
  project.provide("temporal", { cli: cli.path, address: server.address });
  return () => server.end();
}
