import { Client, Connection } from "@temporalio/client";
import { AuraError } from "../shared/errors.js";
import type { TemporalControlOptions, TemporalEpochs } from "./remote.js";
import { WorkflowEpochs } from "./workflow-epochs.js";

const CONNECT_MS = 5000;
const TASK_QUEUE = "aura";

/** The epochs of a namespace, without a worker of our own. Throws AuraError `temporal_unreachable`. */
export async function createTemporalEpochs(options: TemporalControlOptions): Promise<TemporalEpochs> {
  const { address, namespace, host, taskQueue = TASK_QUEUE } = options;
  const connection = await Connection.connect({ ...options.credentials, address, connectTimeout: CONNECT_MS }).catch((cause: unknown) => {
    throw new AuraError("temporal_unreachable", `Temporal at ${address} cannot be reached`, { cause });
  });
  const client = new Client({ connection, namespace });
  // Which trail the aurads here have is not known: each takes its events, whatever it keeps them in.
  const epochs = new WorkflowEpochs(client, { host, taskQueue, audit: "trail" });
  return Object.assign(epochs, { close: () => connection.close() });
}
