import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleepPath } from "../measure/services.mjs";
import { track } from "../measure/cleanup.mjs";
import { cachePath, end, executable, onPath, runCommand } from "./processes.mjs";

function programPath() {
  const own = join(cachePath, "pm2/node_modules/.bin/pm2");
  return executable(own) ? own : onPath("pm2");
}

function ecosystem(services) {
  return {
    apps: services.map(({ name, mark }) => ({
      name,
      script: sleepPath,
      args: mark,
      interpreter: "none",
      restart_delay: 0,
      max_restarts: 1_000_000,
      min_uptime: 0,
    })),
  };
}

/** @type {import("./peer.mjs").Peer} */
export const pm2 = {
  name: "pm2",
  settings: "restart_delay 0, max_restarts 1000000, no interpreter, PM2_CONCURRENT_ACTIONS=64; pipes every service's output into log files",
  upCommand: "`pm2 start ecosystem.json`, its daemon already running",
  available() {
    const path = programPath();
    // `pm2 --version` would start a daemon in the user's home.
    const file = path && join(cachePath, "pm2/node_modules/pm2/package.json");
    return path && (packageVersion(file) ?? "unknown version");
  },
  async prepare(services, directory) {
    const file = join(directory, "ecosystem.json");
    writeFileSync(file, JSON.stringify(ecosystem(services)));
    const env = {
      ...process.env,
      PM2_HOME: join(directory, "home"),
      PM2_CONCURRENT_ACTIONS: "64",
      PM2_DISABLE_TELEMETRY: "true",
      PM2_DISABLE_VERSION_CHECK: "true",
    };
    const pm2 = (...args) => runCommand(programPath(), args, { cwd: directory, env, log: join(directory, "pm2.out") });
    await pm2("ping");
    const pid = track(Number(readFileSync(join(env.PM2_HOME, "pm2.pid"), "utf8")));
    return {
      up: () => pm2("start", file),
      down: () => pm2("delete", "all"),
      pidsOf: () => [pid],
      async close() {
        await pm2("kill").catch(() => {});
        await end(pid);
      },
    };
  },
};

function packageVersion(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).version;
  } catch {
    return null;
  }
}
