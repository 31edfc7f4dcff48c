import { problemOf, problemOfStart } from "../epochs/check-message.js";
import type { EpochCommand } from "../epochs/epoch.js";
import { SLICE_MODES } from "../epochs/slice.js";
import type { StartEpoch } from "../epochs/state.js";
import type { EpochInput } from "./epoch-messages.js";

// Other clients start epochs and send them messages too: what they give is held to the same rules.

/** What is wrong with the input of an epoch's workflow, in a line; null when nothing is. */
export function inputProblem(input: EpochInput, workflowId: string): string | null {
  if (!isObject(input) || !isObject(input.start)) return "an epoch is started with {start: {epoch_id, description}}";
  if (input.carried !== undefined) return null;
  const { epoch_id, description } = input.start as Partial<StartEpoch>;
  if (typeof epoch_id !== "string" || typeof description !== "string") return "an epoch is started with an epoch_id and a description";
  if (epoch_id !== workflowId) return `the workflow of epoch ${epoch_id} has the id ${workflowId}; give it the id of the epoch`;
  return problemOfStart({ epoch_id, description }) ?? planProblem(input.start.plan);
}

/** The start with what other clients may leave out. */
export function startOf({ start }: EpochInput): StartEpoch {
  return { epoch_id: start.epoch_id, description: start.description, plan: start.plan ?? null, host: start.host ?? "", by: start.by ?? "" };
}

/** Plans are checked in full where they are read; this keeps a payload of another shape from being taken for one. */
function planProblem(plan: unknown): string | null {
  if (plan === null || plan === undefined) return null;
  if (!isObject(plan) || !Array.isArray(plan["slices"])) return "the plan has no list of slices";
  const wrong = plan["slices"].findIndex((slice: unknown) => !isSlice(slice));
  if (wrong >= 0) return `slice ${wrong + 1} of the plan is not a slice with its defaults filled in`;
  return Number.isInteger(plan["max_parallel"]) ? null : "the plan has no max_parallel";
}

function isSlice(slice: unknown): boolean {
  return (
    isObject(slice) &&
    typeof slice["id"] === "string" &&
    typeof slice["title"] === "string" &&
    (SLICE_MODES as readonly unknown[]).includes(slice["mode"]) &&
    (slice["mode"] === "mock" || typeof slice["command"] === "string" || Array.isArray(slice["command"])) &&
    [slice["timeout_s"], slice["heartbeat_s"]].every((seconds) => typeof seconds === "number" && seconds > 0) &&
    Array.isArray(slice["needs"]) &&
    Array.isArray(slice["resources"])
  );
}

/** What keeps a payload from being a message, in a line; null when it is one. */
export function problemOfMessage(kind: EpochCommand["kind"], message: unknown): string | null {
  if (kind !== "slice_report") return problemOf({ kind, message });
  const { slice_id, attempt, state, host } = isObject(message) ? message : {};
  const fits = typeof slice_id === "string" && Number.isInteger(attempt) && typeof host === "string";
  return fits && (state === "running" || state === "lost" || state === "ended") ? null : "the payload is no report of a slice";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
