import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleepPath } from "../measure/services.mjs";
import { treeOf } from "../measure/processes.mjs";
import { debianVersion, end, launch, onPath } from "./processes.mjs";
import { awaitGone } from "../measure/finder.mjs";

/** One directory with a `run` script each, as runit and s6 read them. */
export function writeScanDirectory(services, directory) {
  const scan = join(directory, "scan");
  for (const { name, mark } of services) {
    mkdirSync(join(scan, name), { recursive: true });
    writeFileSync(join(scan, name, "run"), `#!/bin/sh\nexec ${sleepPath} ${mark}\n`, { mode: 0o755 });
  }
  return scan;
}

/** A session of a scanner that runs one supervisor process a service. */
export function scannerSession({ program, args, log, stopSignal }) {
  let pid = 0;
  const supervisors = () => treeOf([pid]);
  async function down() {
    const all = supervisors();
    await end(pid, stopSignal);
    await awaitGone(all, 15_000);
  }
  return {
    async up() {
      ({ pid } = launch(program, args, { log }));
    },
    down,
    pidsOf: supervisors,
    close: down,
  };
}

/** @type {import("./peer.mjs").Peer} */
export const runit = {
  name: "runit",
  settings: "runsvdir, `exec` run scripts; waits 1 s before a restart when the run was shorter than 1 s; no loggers",
  upCommand: "start of runsvdir",
  available: () => onPath("runsvdir") && (debianVersion("runit") ?? "unknown version"),
  async prepare(services, directory) {
    const scan = writeScanDirectory(services, directory);
    // SIGHUP: runsvdir sends SIGTERM to every runsv, which stop their services, and exits.
    return scannerSession({
      program: "runsvdir",
      args: ["-P", scan],
      log: join(directory, "runsvdir.out"),
      stopSignal: "SIGHUP",
    });
  },
};
