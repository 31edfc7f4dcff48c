import type { Cause } from "./snapshot.js";

/** A cause in words: `up by ada@laptop`, `because of store`. */
export function describeCause(cause: Cause): string {
  switch (cause.kind) {
    case "command":
      return cause.by === undefined ? (cause.command ?? "command") : `${cause.command ?? "command"} by ${cause.by}`;
    case "dependency":
      return `because of ${cause.service ?? "a dependency"}`;
    case "spec":
      return "its spec changed";
    case "boot":
      return "aurad started";
    case "shutdown":
      return "aurad stops";
    case "health":
      return "unhealthy";
    case "exit":
      return "its process ended";
    case "exec":
      return "it could not start";
  }
}
