import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleepPath } from "../measure/services.mjs";
import { end, firstLine, launch, onPath } from "./processes.mjs";

function configuration(services) {
  const processes = services.map(({ name, mark }) => [
    name,
    {
      entrypoint: [sleepPath, mark],
      availability: { restart: "always", backoff_seconds: 0 },
    },
  ]);
  // JSON is YAML.
  return JSON.stringify({ version: "0.5", processes: Object.fromEntries(processes) });
}

/** @type {import("./peer.mjs").Peer} */
export const processCompose = {
  name: "process-compose",
  settings:
    "restart: always, backoff_seconds: 0 (it waits 1 s at least), entrypoint without a shell, no TUI, no API server; pipes output through itself",
  upCommand: "start of process-compose",
  available() {
    const path = onPath("process-compose");
    return path && (firstLine(path, ["version", "--short"]) ?? "unknown version");
  },
  async prepare(services, directory) {
    const file = join(directory, "process-compose.yaml");
    writeFileSync(file, configuration(services));
    let pid = 0;
    return {
      async up() {
        const args = ["up", "-f", file, "--tui=false", "--no-server", "-L", join(directory, "pc.log")];
        ({ pid } = launch("process-compose", args, { cwd: directory, log: join(directory, "pc.out") }));
      },
      down: () => end(pid, "SIGTERM", 60_000),
      pidsOf: () => [pid],
      close: () => end(pid),
    };
  },
};
