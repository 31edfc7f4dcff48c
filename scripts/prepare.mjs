// What `npm start` and `npm test` have in common: a Node that is new enough, the packages, and a build of these sources.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(fileURLToPath(new URL("..", import.meta.url)));
const [major, minor] = process.versions.node.split(".").map(Number);

/** False when something is missing; a line on stderr has said what. */
export function prepare() {
  if (major < 20 || (major === 20 && minor < 3)) return refuse(`Node ${process.versions.node} is too old; 20.3 or later is needed`);
  if (!existsSync(join(ROOT, "node_modules/typescript"))) return refuse("the packages are not installed; run: npm ci");
  const began = Date.now();
  const tty = process.stdout.isTTY === true;
  if (tty) process.stdout.write("building Aura from its sources");
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts/build.mjs"), "--if-changed"], { encoding: "utf8" });
  if (tty) process.stdout.write("\r\u001b[K");
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  if (status !== 0) return false;
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stdout.write(seconds === 0 ? "the build is up to date\n" : `built Aura from its sources in ${seconds}s\n`);
  return true;
}

function refuse(why) {
  process.stderr.write(`aura: ${why}\n`);
  return false;
}
