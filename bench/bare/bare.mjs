/** Bare workflows beside an aurad, on its own Temporal server: what a message costs when nothing is done with it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import { track } from "../measure/cleanup.mjs";
import { now } from "../measure/finder.mjs";
import { end } from "../peers/processes.mjs";

const QUEUE = "bench-bare";
const worker = fileURLToPath(new URL("worker.mjs", import.meta.url));

/**
 * @typedef {object} Bare
 * @property {() => Promise<number>} signal  ms of a signal and the query that shows it
 * @property {() => Promise<number>} update  ms of an update
 * @property {() => Promise<number>} query   ms of a query
 * @property {() => Promise<void>} close
 */

/** @returns {Promise<Bare>} with one workflow of each kind running */
export async function startBare(address) {
  const child = spawn(process.execPath, [worker, address, QUEUE], { stdio: ["ignore", "pipe", "inherit"] });
  track(child.pid);
  const ended = once(child, "exit").then(() => {
    throw new Error("the bare worker ended before it was ready");
  });
  await Promise.race([once(child.stdout, "data"), ended]);
  ended.catch(() => {});
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const begin = (name) => client.workflow.start(name, { taskQueue: QUEUE, workflowId: `bench-${name}` });
  const [signalled, updated] = await Promise.all(["BareSignal", "BareUpdate"].map(begin));
  let number = 0;
  const timed = async (call) => {
    number += 1;
    const began = now();
    const seen = await call(number);
    if (seen !== undefined && seen !== number) throw new Error(`the bare workflow shows ${seen} after ${number}`);
    return now() - began;
  };
  return {
    signal: () =>
      timed(async (value) => {
        await signalled.signal("tell", value);
        return signalled.query("seen");
      }),
    update: () => timed((value) => updated.executeUpdate("tell", { args: [value] })),
    query: () =>
      timed(async () => {
        await updated.query("seen");
      }),
    async close() {
      await Promise.all([signalled, updated].map((handle) => handle.terminate()));
      await connection.close();
      await end(child.pid);
    },
  };
}
