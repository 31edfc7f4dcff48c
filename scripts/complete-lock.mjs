// Adds to package-lock.json the optional packages of other platforms that the registry at hand does not offer.
// npm leaves such packages out without a word, and `npm ci` then refuses the lock on every machine. The entries say
// for which platform they are; without a checksum, which only such a platform could learn from its registry.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SYSTEMS = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"];

/** The lock with an entry for every optional dependency, as npm sorts them. Throws when a name tells no platform. */
export function completed(lock) {
  const packages = { ...lock.packages };
  for (const [place, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (isLocked(packages, place, name)) continue;
      packages[`node_modules/${name}`] = { version, ...platform(name), ...(dev && { dev }), optional: true };
    }
  }
  const order = Object.keys(packages).sort((a, b) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(order.map((place) => [place, packages[place]])) };
}

/** Whether a package in `place` finds `name` there or in a folder above, as Node looks for it. */
function isLocked(packages, place, name) {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (`${at}${at === "" ? "" : "/"}node_modules/${name}` in packages) return true;
    if (at === "") return false;
  }
}

function platform(name) {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined) throw new Error(`${name}: its name does not tell for which platform it is; add it by hand`);
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : words.some((word) => word.startsWith("gnu")) ? "glibc" : null;
  return { os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL("../package-lock.json", import.meta.url);
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const whole = completed(lock);
  const added = Object.keys(whole.packages).length - Object.keys(lock.packages).length;
  if (added > 0) writeFileSync(file, `${JSON.stringify(whole, null, 2)}\n`);
  process.stdout.write(`package-lock.json: ${added} packages of other platforms added\n`);
}
