/** The machine that the figures belong to. */
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { loadAverage } from "../measure/processes.mjs";

function distribution() {
  try {
    return /PRETTY_NAME="?([^"\n]+)/.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** Now, to the minute, UTC. */
export function minute() {
  return `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** @param {readonly {name: string, version: string}[]} versions */
export function machineLines(versions) {
  const processors = cpus();
  return [
    `- Date: ${minute()}; load average at the end: ${loadAverage()}`,
    `- CPU: ${processors[0]?.model ?? "unknown"}, ${processors.length} cores; memory ${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `- System: ${distribution()}, kernel ${release()}; Node ${process.version}`,
    `- Versions: ${versions.map(({ name, version }) => `${name} ${version}`).join("; ")}`,
  ];
}
