import { Client, Connection } from "@temporalio/client";
import { AuraError } from "../shared/errors.js";
import type { TemporalControlOptions, TemporalRoots } from "./remote.js";
import { WorkflowRoots } from "./workflow-roots.js";

const CONNECT_MS = 5000;

/** The roots of any host of the namespace, without a worker of our own. Throws AuraError `temporal_unreachable`. */
export async function createTemporalRoots(options: TemporalControlOptions): Promise<TemporalRoots> {
  const { address, namespace, host } = options;
  const connection = await Connection.connect({ ...options.credentials, address, connectTimeout: CONNECT_MS }).catch((cause: unknown) => {
    throw new AuraError("temporal_unreachable", `Temporal at ${address} cannot be reached`, { cause });
  });
  return Object.assign(new WorkflowRoots(new Client({ connection, namespace }), host), { close: () => connection.close() });
}
