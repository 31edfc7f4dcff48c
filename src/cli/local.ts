import { hostname, userInfo } from "node:os";
import { randomUUID } from "node:crypto";
import { currentPlaces, runningPlaces } from "../adapters/home/home.js";
import type { Places } from "../host/places.js";
import type { Asker } from "../services/control.js";

/** The places of this user, with the run folder of the `aurad` that runs there. */
export function localPlaces(env: NodeJS.ProcessEnv | Readonly<Record<string, string | undefined>>): Places {
  return runningPlaces(currentPlaces(env));
}

/** `USER@HOST`, new key: one command a person gave. */
export function newAsker(): Asker {
  return { by: printable(`${userName()}@${hostname()}`), requestId: randomUUID() };
}

/** A user without an entry in the password file still has a number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? `uid-${process.getuid?.() ?? "unknown"}`;
  }
}

/** It travels in a header and is shown on terminals. */
function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "_").slice(0, 128);
}
