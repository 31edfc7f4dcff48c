import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleepPath } from "../measure/services.mjs";
import { cachePath, end, executable, firstLine, launch, onPath } from "./processes.mjs";

function programPath() {
  const own = join(cachePath, "supervisor/bin/supervisord");
  return executable(own) ? own : onPath("supervisord");
}

function configuration(services, directory) {
  const head = `[supervisord]
nodaemon=true
minfds=4096
logfile=${directory}/supervisord.log
pidfile=${directory}/supervisord.pid
childlogdir=${directory}
`;
  // startsecs=0: counts as running at once. A restart waits for its 1 s tick; no setting lowers that.
  const programs = services.map(
    ({ name, mark }) => `[program:${name}]
command=${sleepPath} ${mark}
autostart=true
autorestart=true
startsecs=0
`,
  );
  return [head, ...programs].join("\n");
}

/** @type {import("./peer.mjs").Peer} */
export const supervisord = {
  name: "supervisord",
  settings: "startsecs=0, autorestart=true, minfds=4096; pipes every service's output into log files",
  upCommand: "start of supervisord (autostart)",
  available() {
    const path = programPath();
    return path && firstLine(path, ["--version"]);
  },
  async prepare(services, directory) {
    const file = join(directory, "supervisord.conf");
    writeFileSync(file, configuration(services, directory));
    let pid = 0;
    return {
      async up() {
        ({ pid } = launch(programPath(), ["-c", file], { cwd: directory, log: join(directory, "supervisord.out") }));
      },
      down: () => end(pid, "SIGTERM", 60_000),
      pidsOf: () => [pid],
      close: () => end(pid),
    };
  },
};
