// `npm start`: builds when the sources changed, then runs aurad in the foreground with the example stack, on a Temporal
// server of its own. Everything that it writes lies in .aura of the checkout (or in AURA_HOME).
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

const ROOT = resolve(fileURLToPath(new URL("..", import.meta.url)));
process.env.AURA_HOME ||= join(ROOT, ".aura");

/** Before anything is built: what runs already must not lose the files it was started from. */
async function runningPid() {
  const home = join(ROOT, "dist/adapters/home/home.js");
  if (!existsSync(home)) return null;
  const { currentPlaces, runningPid: pidOf } = await import(home);
  return pidOf(currentPlaces());
}

async function start() {
  const pid = await runningPid();
  if (pid !== null) {
    process.stderr.write(`npm start: aurad runs already (pid ${pid}) with its state in ${process.env.AURA_HOME}\n`);
    process.stderr.write(`  stop it with Ctrl-C where it runs, or with: kill ${pid}\n`);
    return 64;
  }
  if (!prepare()) return 1;
  const { trial } = await import(join(ROOT, "dist/worker/trial/trial.js"));
  return trial();
}

process.exit(await start());
