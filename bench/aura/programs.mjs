/** Our two programs as a user has them, compiled; and the Temporal program that belongs to them. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createServer } from "node:net";
import { onPath } from "../peers/processes.mjs";

const place = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const auradPath = place("dist/worker/main.js");
export const messagePath = place("dist/cli/main.js");

/** URL of a compiled module. */
export function built(path) {
  return new URL(`../../dist/${path}`, import.meta.url).href;
}

/** Version of the build, or null when `npm run build` has not run. */
export function auraVersion() {
  if (![auradPath, messagePath, place("dist/workflows.bundle.js")].every((path) => existsSync(path))) return null;
  return JSON.parse(readFileSync(place("package.json"), "utf8")).version;
}

/** Own environment without what would point our programs at another installation or server. */
export function auraEnvironment(home) {
  const kept = Object.entries(process.env).filter(([key]) => key === "AURA_TEMPORAL_CLI" || !/^(TEMPORAL_|AURA_|XDG_)/.test(key));
  return { ...Object.fromEntries(kept), AURA_HOME: home, NO_COLOR: "1" };
}

/** Path of the Temporal CLI where it can be known before a daemon runs, or null. */
export function temporalProgram() {
  return process.env.AURA_TEMPORAL_CLI ?? onPath("temporal");
}

/** TCP ports that are free at this moment, all different. @returns {Promise<number[]>} */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((done, fail) => {
          const server = createServer().once("error", fail);
          server.listen(0, "127.0.0.1", () => done(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
