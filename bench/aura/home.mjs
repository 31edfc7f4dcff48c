/** An AURA_HOME in a temporary directory: configuration and service specs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleepPath } from "../measure/services.mjs";

export const hostName = "bench";

/** @param {{address: string, uiPort: number, embedded: boolean}} temporal */
export function writeHome(home, { address, uiPort, embedded }) {
  mkdirSync(join(home, "config/services"), { recursive: true });
  writeFileSync(
    join(home, "config/aura.toml"),
    `[temporal]
address = "${address}"
embedded = ${embedded}
ui_port = ${uiPort}

[daemon]
host = "${hostName}"
`,
  );
}

/** The quickest settings: restart whatever the status, without delay. */
const atOnce = { policy: "always", delay: "0s" };

/**
 * Writes one spec file a service. `extra` is merged over the document.
 * @param {{name: string, command: string[], extra?: object}[]} services
 */
export function writeSpecs(home, services) {
  for (const { name, command, extra } of services) {
    const document = { service: { name, type: "native", command }, restart: atOnce, ...extra };
    // JSON is YAML, and quotes what looks like a number.
    writeFileSync(join(home, "config/services", `${name}.yaml`), `${JSON.stringify(document, null, 2)}\n`);
  }
}

/** The plain service of the bench. @param {import("../measure/services.mjs").Service} service */
export function sleeper({ name, mark }, extra) {
  return { name, command: [sleepPath, mark], extra };
}
