/** Calls that the embedded Temporal server answered, from its Prometheus page. */
import { serverFlag } from "./daemon.mjs";

/** Waiting for work, not doing any; they come back about once a minute each. */
const LONG_POLLS = new Set(["PollWorkflowTaskQueue", "PollActivityTaskQueue", "PollNexusTaskQueue", "PollWorkflowExecutionUpdate"]);

/** Requests so far by operation, at the frontend, without those that the server sends to itself. @returns {Promise<Map<string, number>>} */
export async function serverRequests(daemon) {
  const port = serverFlag(daemon, "--metrics-port");
  if (port === null) throw new Error("the embedded server runs without --metrics-port, so its calls cannot be counted");
  const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const counts = new Map();
  for (const line of page.split("\n")) {
    const match = /^service_requests\{(.*)\} (\S+)$/.exec(line);
    if (match === null || !match[1].includes('service_name="frontend"')) continue;
    if (match[1].includes('namespace="temporal_system"')) continue;
    const operation = /operation="([^"]+)"/.exec(match[1])?.[1] ?? "?";
    counts.set(operation, (counts.get(operation) ?? 0) + Number(match[2]));
  }
  // Starting the services took calls: none counted means that the page is not what we think.
  if (!counts.has("RespondWorkflowTaskCompleted"))
    throw new Error("the server's metrics show no call at all; service_requests may have another name");
  return counts;
}

/** Calls between two readings: the long polls, and the others by operation. */
export function requestsBetween(before, after) {
  const grown = [...after]
    .map(([operation, count]) => ({ operation, count: count - (before.get(operation) ?? 0) }))
    .filter(({ count }) => count > 0);
  return {
    polls: grown.filter(({ operation }) => LONG_POLLS.has(operation)).reduce((sum, { count }) => sum + count, 0),
    others: grown.filter(({ operation }) => !LONG_POLLS.has(operation)),
  };
}
