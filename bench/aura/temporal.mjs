/** The Temporal command line against the embedded server: an outsider's look at the histories. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { programOf } from "./daemon.mjs";

const run = promisify(execFile);

async function temporal(daemon, args) {
  const { stdout } = await run(
    programOf(daemon),
    [...args, "--address", daemon.address, "--namespace", "default", "-o", "json", "--disable-config-file", "--disable-config-env"],
    { maxBuffer: 256 * 2 ** 20 },
  );
  return JSON.parse(stdout);
}

/** Events of one run, oldest first. @returns {Promise<{eventTime: string, eventType: string}[]>} */
export async function eventsOf(daemon, id, runId) {
  const shown = await temporal(daemon, ["workflow", "show", "-w", id, ...(runId === undefined ? [] : ["-r", runId])]);
  return shown.events;
}

/** Run ids of a workflow that continued as new, the first one last. */
export async function runsOf(daemon, id) {
  const { workflowExecutionInfo: info } = await temporal(daemon, ["workflow", "describe", "-w", id]);
  const runs = [info.execution.runId];
  for (;;) {
    const [started] = await eventsOf(daemon, id, runs.at(-1));
    const earlier = started.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (!earlier) return runs;
    runs.push(earlier);
  }
}

/** Every run that a visibility query finds. @returns {Promise<{workflowId: string, runId: string}[]>} */
export async function executionsOf(daemon, query) {
  const found = await temporal(daemon, ["workflow", "list", "-q", query, "--limit", "1000"]);
  return found.map(({ execution }) => execution);
}
