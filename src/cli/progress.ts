import type { ServiceStatus } from "../services/control.js";

export type Goal = "up" | "down" | "restart";

/** Where one service stands on its way: there, under way, or stuck where it is. */
export type Progress = "done" | "moving" | "stuck";

/**
 * How far a service is on the way to a goal. `before` is what it was when the command was given: an order
 * that was accepted but not begun looks like the old state.
 */
export function progressOf(goal: Goal, now: ServiceStatus | undefined, before: ServiceStatus | undefined): Progress {
  if (now === undefined) return goal === "down" ? "done" : "stuck";
  if (goal === "down") return downProgress(now);
  const begun = before === undefined || now.generation !== before.generation;
  if (now.ready && (goal === "up" || begun || now.type === "external")) return "done";
  switch (now.state) {
    case "starting":
    case "stopping":
    case "backoff":
    case "running":
      return "moving";
    case "stopped":
      return begun ? "stuck" : "moving";
    case "pending":
    case "failed":
      return "stuck";
  }
}

function downProgress(now: ServiceStatus): Progress {
  if (now.type === "external" || now.state === "stopped" || now.state === "failed") return "done";
  return "moving";
}
