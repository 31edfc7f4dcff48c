// `npm test`: builds when the sources changed, finds or fetches the Temporal CLI as aurad does, runs vitest with the given
// arguments, and counts what was skipped. It fails when no test ran. AURA_TEST_REPORT names a file for vitest's JSON report.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

const ROOT = resolve(fileURLToPath(new URL("..", import.meta.url)));
const SHOWN = 20;
const room = mkdtempSync(join(tmpdir(), "aura-test-report-"));
const report = process.env.AURA_TEST_REPORT ?? join(room, "report.json");

/** Tests that need a server are skipped without it; AURA_TEST_REQUIRE=temporal makes that a failure. */
async function provision() {
  const { findTemporalCli } = await import(join(ROOT, "dist/adapters/temporal/cli.js"));
  const { createSteps } = await import(join(ROOT, "dist/adapters/temporal/steps.js"));
  try {
    const cli = await findTemporalCli({ env: process.env, home: process.env.HOME || homedir(), steps: createSteps(process.stdout) });
    process.env.AURA_TEMPORAL_CLI = cli.path;
  } catch (error) {
    process.stderr.write(`${error.line ?? error.message}\n`);
  }
}

function vitest(args) {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...reporters, ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((done) => child.once("close", (code) => done(code ?? 130)));
}

/** 1 when nothing ran at all, whatever vitest says about it. */
function summary() {
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  const skipped = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => !["passed", "failed"].includes(status))
      .map(({ fullName }) => `${relative(ROOT, name)}: ${fullName}`),
  );
  const ran = testResults.flatMap(({ assertionResults }) => assertionResults).length - skipped.length;
  const shown = skipped
    .slice(0, SHOWN)
    .map((line) => `  ${line}\n`)
    .join("");
  const more = skipped.length > SHOWN ? `  and ${skipped.length - SHOWN} more\n` : "";
  process.stdout.write(skipped.length === 0 ? "nothing was skipped\n" : `${skipped.length} SKIPPED:\n${shown}${more}`);
  if (ran === 0) process.stderr.write("no test ran\n");
  return ran === 0 ? 1 : 0;
}

async function test() {
  if (!prepare()) return 1;
  await provision();
  const status = await vitest(process.argv.slice(2));
  return status === 0 ? summary() : status;
}

try {
  process.exitCode = await test();
} finally {
  rmSync(room, { recursive: true, force: true });
}
