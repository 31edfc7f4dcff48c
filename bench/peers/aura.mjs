import { createHome, programOf, startDaemon, stopDaemon, succeed } from "../aura/daemon.mjs";
import { sleeper, writeSpecs } from "../aura/home.mjs";
import { auraVersion, temporalProgram } from "../aura/programs.mjs";
import { startServer } from "../aura/server.mjs";
import { temporaryDirectory } from "../measure/cleanup.mjs";
import { end } from "./processes.mjs";

async function session(where, services) {
  writeSpecs(
    where.home,
    services.map((service) => sleeper(service)),
  );
  const daemon = await startDaemon(where);
  return {
    async up() {
      await succeed(where.home, ["up"]);
    },
    async down() {
      await succeed(where.home, ["down"]);
    },
    pidsOf: () => (daemon.server === null ? [daemon.pid] : [daemon.pid, daemon.server]),
    close: () => stopDaemon(daemon),
  };
}

/** @type {import("./peer.mjs").Peer} */
export const aura = {
  name: "aura",
  settings: "restart policy always, delay 0s; embedded Temporal server running; services write their own log files",
  upCommand: "`aura-msg up`, aurad already running",
  install: "npm run build",
  available: auraVersion,
  prepare: async (services, directory) => session(await createHome(directory), services),
};

/** Where neither the environment nor PATH names one: ask a daemon which program it started. */
async function findTemporal() {
  const known = temporalProgram();
  if (known !== null) return known;
  const daemon = await startDaemon(await createHome(temporaryDirectory("probe")));
  try {
    return programOf(daemon);
  } finally {
    await stopDaemon(daemon);
  }
}

/** @type {import("./peer.mjs").Peer} */
export const auraAlone = {
  name: "aura-alone",
  settings: "as aura, its Temporal server ended by SIGKILL once the service is up",
  upCommand: aura.upCommand,
  install: aura.install,
  cases: ["crash"],
  available: auraVersion,
  async prepare(services, directory) {
    const server = await startServer(await findTemporal(), temporaryDirectory("server"));
    const own = await session(await createHome(directory, { address: server.address }), services);
    return {
      ...own,
      settle: () => end(server.pid, "SIGKILL"),
      async close() {
        await own.close();
        await end(server.pid, "SIGKILL");
      },
    };
  },
};
