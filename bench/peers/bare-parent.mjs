/** The limit: a parent that spawns and respawns at once, and does nothing else. argv: FILE with Service[]. */
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";

const [, , file, program, directory] = process.argv;
/** @type {Map<string, import("node:child_process").ChildProcess>} */
const children = new Map();
let stopping = false;

function start({ name, mark, output }) {
  const child = spawn(program, [mark], { detached: true, stdio: ["ignore", output, output] });
  children.set(name, child);
  child.once("exit", () => {
    children.delete(name);
    if (!stopping) start({ name, mark, output });
    else if (children.size === 0) process.exit(0);
  });
}

process.once("SIGTERM", () => {
  stopping = true;
  for (const child of children.values()) child.kill("SIGTERM");
});

for (const service of JSON.parse(readFileSync(file, "utf8"))) {
  start({ ...service, output: openSync(`${directory}/${service.name}.log`, "a", 0o600) });
}
