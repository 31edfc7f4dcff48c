import { formatDuration } from "../shared/durations.js";
import { describeCause } from "./cause.js";
import { describeExit } from "./restart.js";
import type { Transition } from "./snapshot.js";

/** Where a change led: a state, or what is new within one (`running, healthy`). */
export function describeArrival({ from, to, cause, snapshot }: Transition): string {
  if (from !== to || cause.kind !== "health") return to;
  return `${to}, ${snapshot.health === "none" ? "ready" : snapshot.health}`;
}

/** What ended it or who asked, what decided, and after what delay, as one sentence that says nothing twice. */
export function tellTransition(transition: Transition): string {
  const { reason, delayMs } = transition;
  const parts = [
    causeText(transition),
    reason,
    delayMs === undefined || saysWhen(reason, delayMs) ? "" : `next start after ${formatDuration(delayMs)}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function causeText({ cause, exit, reason, snapshot }: Transition): string {
  if (reason.includes(describeCause(cause))) return "";
  switch (cause.kind) {
    case "command":
      return `${cause.by ?? "somebody"} asked for ${cause.command ?? "it"}`;
    case "exit":
      return exit === undefined || reason.includes(describeExit(exit)) ? "" : `its process ${describeExit(exit)}`;
    case "health":
      return healthText(snapshot.health, reason);
    case "shutdown":
      return "aurad was told to stop";
    case "exec":
      return reason.includes("could not start") ? "" : "its program could not be started";
    case "dependency":
    case "spec":
    case "boot":
      return describeCause(cause);
  }
}

function healthText(health: Transition["snapshot"]["health"], reason: string): string {
  if (health === "healthy") return "its health check passed";
  return health === "unhealthy" && !reason.includes("unhealthy") ? "its health checks crossed the threshold" : "";
}

function saysWhen(reason: string, delayMs: number): boolean {
  return delayMs === 0 ? reason.includes("at once") : reason.includes(`in ${formatDuration(delayMs)}`);
}

/** How many names a summary of orders gives of each kind. */
const NAMED = 3;

/** A wave of orders in a few words: `start api, store and 98 more; stop worker`. At most 400 bytes: a server refuses longer summaries. */
export function describeOrders(orders: readonly { readonly kind: string; readonly name: string }[]): string {
  const kinds = [...new Set(orders.map(({ kind }) => kind))];
  const parts = kinds.map((kind) => {
    const names = orders.filter((order) => order.kind === kind).map(({ name }) => name);
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
    return `${kind} ${names.slice(0, NAMED).join(", ")}${more}`;
  });
  return parts.length === 0 ? "tell what is pending" : cut(parts.join("; "));
}

function cut(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 299)}…`;
}
