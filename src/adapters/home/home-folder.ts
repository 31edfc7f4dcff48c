import { homedir } from "node:os";
import type { Environment } from "../../host/places.js";

/** The person's own folder; `/` for a user id without a name and without HOME, as containers have it. */
export function homeFolder(env: Environment): string {
  if (env["HOME"]) return env["HOME"];
  try {
    return homedir();
  } catch {
    return "/";
  }
}
