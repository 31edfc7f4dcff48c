import { Runtime } from "@temporalio/worker";

let installed = false;

/** The SDK's worker in a test process: no signal handlers of its own, no log. Once a process. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({
    shutdownSignals: [],
    logger: quiet,
    telemetryOptions: { logging: { filter: { core: "ERROR", other: "ERROR" }, forward: {} } },
  });
}
