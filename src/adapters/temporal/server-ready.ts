import { setTimeout as wait } from "node:timers/promises";
import { AuraError } from "../../shared/errors.js";
import { createNamespace, keepHistories, namespaceExists } from "./namespace.js";
import { answers } from "./ports.js";

export interface ReadyOptions {
  readonly port: number;
  readonly namespace: string;
  readonly timeoutMs: number;
  /** False ends the wait: the process is gone. */
  readonly alive: () => boolean;
}

const POLL_MS = 20;

/** Resolves once the server on this host serves the namespace, which is created when it lacks. Rejects after the time-out. */
export async function untilReady({ port, namespace, timeoutMs, alive }: ReadyOptions): Promise<void> {
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline && alive(); await wait(POLL_MS)) {
    // Only then gRPC: its client would wait longer and longer between attempts at a closed port.
    if ((await answers("127.0.0.1", port)) && (await servesNamespace(port, namespace))) return;
  }
  throw new AuraError(
    "temporal_unreachable",
    `the embedded Temporal server on port ${port} ${alive() ? `did not become ready within ${timeoutMs / 1000}s` : "ended while starting"}`,
  );
}

async function servesNamespace(port: number, namespace: string): Promise<boolean> {
  // The server starts while this loads.
  const { Connection } = await import("@temporalio/client");
  const connection = await Connection.connect({ address: `127.0.0.1:${port}`, tls: false, connectTimeout: 2000 }).catch(() => null);
  if (connection === null) return false;
  try {
    if (!(await namespaceExists(connection, namespace))) await createNamespace(connection, namespace);
    // What is described is not yet served: workflow calls look into a cache that is filled every second or two.
    await connection.withDeadline(Date.now() + 2000, () => connection.workflowService.countWorkflowExecutions({ namespace }));
    await keepHistories(connection, namespace);
    return true;
  } catch {
    // Not yet: the server answers before all of its parts do.
    return false;
  } finally {
    await connection.close();
  }
}
