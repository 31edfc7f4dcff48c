import { readFileSync } from "node:fs";
import { AuraError } from "../../shared/errors.js";
import { shown } from "./names.js";
import { codeOf, reason } from "./refusal.js";

const SYSCTL = "fs.inotify.max_user_watches";
const ENOUGH = 524_288;

/** What the kernel has run out of, by the error of a watch that it refused; null for any other failure. */
export function exhausted(error: unknown): "fs.inotify.max_user_watches" | "fs.inotify.max_user_instances" | null {
  switch (codeOf(error)) {
    // "No space left on device" is what it says, and has led many to clean their disks.
    case "ENOSPC":
      return SYSCTL;
    case "EMFILE":
    case "ENFILE":
      return "fs.inotify.max_user_instances";
    default:
      return null;
  }
}

/** AuraError `watcher_failed` for a folder that cannot be watched, `folder` absolute. */
export function watchFailure(folder: string, error: unknown): AuraError {
  const knob = exhausted(error);
  if (knob === null)
    return new AuraError("watcher_failed", `cannot watch ${shown(folder)}: ${reason(error)}`, { cause: error, fix: "check the folder" });
  const limit = limitOf(knob);
  const present = limit === null ? knob : `${knob} = ${limit}`;
  const more = knob === SYSCTL ? Math.max(ENOUGH, (limit ?? 0) * 2) : Math.max(1024, (limit ?? 0) * 2);
  return new AuraError("watcher_failed", `cannot watch ${shown(folder)}: this user's inotify limit is reached (${present})`, {
    fix: `raise it with: sysctl ${knob}=${more}, ignore large folders in .aura/ignore, or set watcher_fallback = "poll"`,
    cause: error,
  });
}

/** The lowest that counts here: a container may have a limit of its own. Null where there is no telling. */
function limitOf(knob: string): number | null {
  const own = `user/${knob.replace("fs.inotify.max_user_", "max_inotify_")}`;
  const limits = [knob.replaceAll(".", "/"), own].map(numberIn).filter((limit) => limit !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}

export function numberIn(sysctl: string): number | null {
  try {
    const number = Number(readFileSync(`/proc/sys/${sysctl}`, "utf8"));
    return Number.isFinite(number) ? number : null;
  } catch {
    return null;
  }
}
