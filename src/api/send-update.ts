import { WorkflowUpdateFailedError } from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import { FAILED_PRECONDITION, grpcCode, RESOURCE_EXHAUSTED, UNAVAILABLE } from "./temporal-failure.js";

const PATIENCE_MS = 15_000;
const PAUSE_MS = 50;

/**
 * Sends an update, and again while the workflow has as many waiting as it takes at a time, or when it was given up before
 * anything of it happened. `send` names the update by an id of its own, or it is one that may happen twice.
 */
export async function sendUpdate<T>(send: () => Promise<T>): Promise<T> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; ;) {
    try {
      return await send();
    } catch (error) {
      if (Date.now() > giveUpAt || !(isVoided(error) || grpcCode(error) === RESOURCE_EXHAUSTED)) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (1 + Math.random())));
    }
  }
}

/** The run ended, or its task was given up, before the update was answered, as when news arrived meanwhile: nothing of it has happened. */
function isVoided(error: unknown): boolean {
  if (error instanceof WorkflowUpdateFailedError)
    return error.cause instanceof ApplicationFailure && error.cause.type === "UnprocessedUpdate";
  const code = grpcCode(error);
  return (code === FAILED_PRECONDITION || code === UNAVAILABLE) && /workflow task failure|update was aborted/i.test(messages(error));
}

function messages(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? messages(error.cause) : "";
  return `${error instanceof Error ? error.message : String(error)} ${cause}`;
}
