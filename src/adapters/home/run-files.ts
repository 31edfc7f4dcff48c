import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import type { RunPlaces } from "../../host/places.js";
import { writeFileAtomic } from "./atomic-file.js";

/** run/`daemon.json`: how local programs find the status listener. A crash leaves it behind: check the pid first. */
const daemonFile = z.object({
  schema_version: z.literal(1),
  pid: z.int().positive(),
  url: z.string(),
  /** Empty when the listener asks for none. */
  token: z.string(),
  /** ISO 8601 UTC. */
  started_at: z.string(),
});
export type DaemonFile = z.infer<typeof daemonFile>;

export function writeDaemonFile(at: RunPlaces, content: Omit<DaemonFile, "schema_version">): void {
  const { pid, url, token, started_at } = content;
  writeFileAtomic(at.daemonJson, `${JSON.stringify({ schema_version: 1, pid, url, token, started_at })}\n`);
}

/** null when there is none or it is not understood. */
export function readDaemonFile(at: RunPlaces): DaemonFile | null {
  try {
    return daemonFile.parse(JSON.parse(readFileSync(at.daemonJson, "utf8")));
  } catch {
    return null;
  }
}

export function writeApiToken(at: RunPlaces, token: string): void {
  writeFileAtomic(at.apiToken, `${token}\n`);
}

/** On a clean stop only. The caller still holds the home, so the files are its own. */
export function removeRunFiles(at: RunPlaces): void {
  for (const file of [at.daemonJson, at.apiToken]) rmSync(file, { force: true });
}
