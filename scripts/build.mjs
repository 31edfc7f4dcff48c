// Compiles src/ to dist/ and bundles the workflows, so that a worker starts in half a second instead of two.
// With --if-changed only when the sources differ from those of the last build. dist/ is replaced whole, at the end:
// what runs from it keeps running, and a build that fails or is killed leaves the old one.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(fileURLToPath(new URL("..", import.meta.url)));
const DIST = join(ROOT, "dist");
const CACHE = join(ROOT, ".cache");
/** In dist/: the fingerprint of the sources that it was built from. */
const STAMP = "sources.sha256";

const lenient = process.argv.includes("--if-possible");

/** Content counts, not times: a checkout sets times as it likes. */
function fingerprint() {
  const sources = readdirSync(join(ROOT, "src"), { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .sort();
  const hash = createHash("sha256");
  for (const name of [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "scripts/build.mjs",
    ...sources.map((file) => join("src", file)),
  ]) {
    hash.update(`${name}\0`).update(readFileSync(join(ROOT, name)));
  }
  return hash.digest("hex");
}

/**
 * The bundle without the sources that its source map carries along: each worker keeps all of it in memory, and stack traces
 * need the positions only.
 */
function withoutSources(code) {
  const at = code.lastIndexOf("base64,") + "base64,".length;
  const map = JSON.parse(Buffer.from(code.slice(at), "base64").toString("utf8"));
  delete map.sourcesContent;
  return code.slice(0, at) + Buffer.from(JSON.stringify(map)).toString("base64");
}

async function build(draft, sources) {
  // Not bin/tsc: Node before 20.10 loads no ES module without an extension.
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/lib/tsc.js"), "-p", ROOT, "--outDir", draft], { stdio: "inherit" });
  const { bundleWorkflowCode } = await import("@temporalio/worker");
  const logger = { trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: join(draft, "workflows/index.js"), logger });
  writeFileSync(join(draft, "workflows.bundle.js"), withoutSources(code));
  for (const program of ["worker/main.js", "cli/main.js"]) chmodSync(join(draft, program), 0o755);
  writeFileSync(join(draft, STAMP), sources);
}

/** Two builds at once each put theirs; the last one stays. */
function publish(draft) {
  for (let attempt = 1; ; attempt++) {
    const old = join(draft, "..", "old");
    if (existsSync(DIST)) renameSync(DIST, old);
    try {
      renameSync(draft, DIST);
      return;
    } catch (error) {
      if (attempt === 5) throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

async function main() {
  // `npm ci --omit=dev`: there is nothing to build with, and what is installed has its dist/ already.
  if (lenient && !existsSync(join(ROOT, "node_modules/typescript"))) return;
  const sources = fingerprint();
  const stamp = join(DIST, STAMP);
  if (process.argv.includes("--if-changed") && existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  mkdirSync(CACHE, { recursive: true });
  const room = mkdtempSync(join(CACHE, "build-"));
  try {
    await build(join(room, "dist"), sources);
    publish(join(room, "dist"));
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

main().catch((error) => {
  process.stderr.write(`build: ${error.status === undefined ? error.message : "the sources do not compile"}\n`);
  // Packages can be installed whatever state the sources are in.
  process.exitCode = lenient ? 0 : 1;
});
