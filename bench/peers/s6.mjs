import { join } from "node:path";
import { debianVersion, onPath } from "./processes.mjs";
import { scannerSession, writeScanDirectory } from "./runit.mjs";

/** @type {import("./peer.mjs").Peer} */
export const s6 = {
  name: "s6",
  settings: "s6-svscan -c 1000, `exec` run scripts; always waits 1 s between death and start; no loggers",
  upCommand: "start of s6-svscan",
  available: () => onPath("s6-svscan") && (debianVersion("s6") ?? "unknown version"),
  async prepare(services, directory) {
    const scan = writeScanDirectory(services, directory);
    return scannerSession({
      program: "s6-svscan",
      args: ["-c", "1000", scan],
      log: join(directory, "s6.out"),
      stopSignal: "SIGTERM",
    });
  },
};
