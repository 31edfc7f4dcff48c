import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sleepPath } from "../measure/services.mjs";
import { end, launch } from "./processes.mjs";

const parent = fileURLToPath(new URL("bare-parent.mjs", import.meta.url));

/** @type {import("./peer.mjs").Peer} */
export const bareNode = {
  name: "bare-node",
  settings: "respawns in the exit event; services write their own log files; no configuration, no state, no commands",
  upCommand: "start of the parent",
  available: () => process.version,
  async prepare(services, directory) {
    const file = join(directory, "services.json");
    writeFileSync(file, JSON.stringify(services));
    let pid = 0;
    return {
      async up() {
        ({ pid } = launch(process.execPath, [parent, file, sleepPath, directory], { log: join(directory, "parent.out") }));
      },
      down: () => end(pid),
      pidsOf: () => [pid],
      close: () => end(pid),
    };
  },
};
