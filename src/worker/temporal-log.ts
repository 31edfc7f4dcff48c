import { Runtime } from "@temporalio/worker";
import type { Log } from "../shared/log.js";

type Fields = Record<string | symbol, unknown>;

/** Of a failure that is told. */
const LONGEST = 300;

/** The SDK's own signal handling and logging give way to ours. Its core tells at WARN that a workflow cannot go on, and much else. */
export function installRuntime(log: Log): void {
  const to =
    (level: "debug" | "warn" | "error") =>
    (message: string, fields: Fields = {}): void =>
      log[level]({ ...(fields["error"] instanceof Error && { error: fields["error"] }), source: "temporal" }, message);
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log(level, message, fields) {
        const stuck = stuckTask(message, fields);
        if (stuck !== null) log.warn(stuck, "a workflow's task failed; Temporal has it tried again");
        else to(level === "ERROR" ? "error" : "debug")(message, fields);
      },
      trace: to("debug"),
      debug: to("debug"),
      info: to("debug"),
      warn: to("warn"),
      error: to("error"),
    },
    telemetryOptions: { logging: { filter: { core: "WARN", other: "ERROR" }, forward: {} } },
  });
}

/** Null for any other message of the core. */
export function stuckTask(message: string, fields: Fields = {}): Readonly<Record<string, string>> | null {
  if (message !== "Failing workflow task") return null;
  const { failure, runId } = fields;
  const [, reason] = /message: "((?:[^"\\]|\\.)*)"/.exec(String(failure)) ?? [];
  return { source: "temporal", run_id: String(runId), reason: (reason ?? String(failure)).slice(0, LONGEST) };
}
