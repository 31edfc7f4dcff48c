/**
 * npm run bench [-- --quick] [--only crash,bring-up] [--peers aura,pm2,bare-node] [--write]
 * Prints a table a case. Peers that are not installed are one line each: bench/setup.sh installs them.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cases } from "./cases/index.mjs";
import { cleanUp, cleanUpOnExit } from "./measure/cleanup.mjs";
import { loadAverage } from "./measure/processes.mjs";
import { peers } from "./peers/index.mjs";
import { cachePath } from "./peers/processes.mjs";
import { caseText, writeDocument } from "./report/document.mjs";
import { machineLines, minute } from "./report/machine.mjs";

const log = (line) => process.stderr.write(`${line}\n`);

function select(all, names, what) {
  if (names === undefined) return all;
  const wanted = names.split(",");
  const unknown = wanted.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    log(`no such ${what}: ${unknown.join(", ")}; there are ${all.map(({ name }) => name).join(", ")}`);
    process.exit(64);
  }
  return all.filter(({ name }) => wanted.includes(name));
}

function installed(wanted) {
  const versions = [];
  const present = wanted.filter((peer) => {
    const version = peer.available();
    if (version === null) log(`!!! MISSING PEER ${peer.name}: left out; ${peer.install ?? "bench/setup.sh installs it"}`);
    else versions.push({ name: peer.name, version });
    return version !== null;
  });
  return { present, versions };
}

/** Sections of one document may come from several runs: each says which. */
function stamp(quick) {
  return `Run of ${minute()}, load average ${loadAverage()} at its end${quick ? "; a quick run: too few samples to publish" : ""}.`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      peers: { type: "string" },
      write: { type: "boolean", default: false },
    },
  });
  if (process.platform !== "linux") {
    log("the bench reads /proc and so runs on Linux only");
    process.exit(64);
  }
  const { present, versions } = installed(select(peers, values.peers, "peer"));
  cleanUpOnExit();
  log(`load average ${loadAverage()}; other work on this machine makes every figure an upper bound`);
  const sections = [];
  const raw = {};
  for (const one of select(cases, values.only, "case")) {
    if (one.needs !== undefined && !present.some(({ name }) => name === one.needs)) {
      log(`!!! CASE ${one.name} LEFT OUT: it measures ${one.needs}, which is not among the peers of this run`);
      continue;
    }
    const lack = one.lacks?.() ?? null;
    if (lack !== null) {
      log(`!!! CASE ${one.name} LEFT OUT: ${lack}`);
      continue;
    }
    const fit = present.filter((peer) => peer.cases === undefined || peer.cases.includes(one.name));
    try {
      const result = await one.run({ peers: fit, quick: values.quick, log });
      raw[one.name] = result.raw;
      const text = caseText({ ...result, how: `${result.how}\n${stamp(values.quick)}` });
      sections.push({ name: one.name, text });
      process.stdout.write(`\n${text}\n`);
    } catch (error) {
      log(`!!! CASE ${one.name} DID NOT FINISH: ${error instanceof Error ? error.stack : error}`);
      process.exitCode = 1;
    }
  }
  const machine = machineLines(versions);
  const settings = present.map(({ name, settings }) => `- ${name}: ${settings}`);
  const about = ["## Machine, versions, settings", machine.join("\n"), "Settings, the quickest of each tool:", settings.join("\n")].join(
    "\n\n",
  );
  process.stdout.write(`\n${about}\n`);
  mkdirSync(cachePath, { recursive: true });
  writeFileSync(join(cachePath, "latest.json"), JSON.stringify({ machine, quick: values.quick, raw }, null, 1));
  if (values.write) log(`wrote ${writeDocument([{ name: "machine", text: about }, ...sections])}`);
  cleanUp();
  process.exit();
}

await main();
