import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import type { Places } from "../../host/places.js";
import { writeFileAtomic } from "../home/atomic-file.js";
import { identify, isSame } from "../process/identity.js";
import type { ProcessIdentity } from "../process/identity.js";
import { portHolder } from "./ports.js";

/** state/`temporal.json`: the embedded server that runs, so that the next `aurad` finds it again. */
const record = z.object({
  schema_version: z.literal(1),
  pid: z.int().positive(),
  startTime: z.string(),
  bootId: z.string(),
  port: z.int(),
  uiPort: z.int(),
  db: z.string(),
});
export type ServerRecord = z.infer<typeof record>;

export function writeRecord(places: Places, identity: ProcessIdentity, at: { port: number; uiPort: number }): ServerRecord {
  const { pid, startTime, bootId } = identity;
  const content: ServerRecord = { schema_version: 1, pid, startTime, bootId, port: at.port, uiPort: at.uiPort, db: places.temporalDb };
  writeFileAtomic(places.temporalJson, `${JSON.stringify(content)}\n`);
  return content;
}

export function removeRecord(places: Places): void {
  rmSync(places.temporalJson, { force: true });
}

/**
 * The server of this home that still runs, left by an `aurad` that was killed or replaced; null when there is none.
 * One that was spawned just before its record could be written is known by the database it was started with.
 */
export function runningServer(places: Places, port: number): ServerRecord | null {
  const recorded = readRecord(places);
  if (recorded !== null && recorded.db === places.temporalDb && isSame(recorded)) return recorded;
  const holder = portHolder(port);
  if (holder === null || argument(holder.args, "--db-filename") !== places.temporalDb) return null;
  const identity = identify(holder.pid);
  const uiPort = Number(argument(holder.args, "--ui-port"));
  return identity === null || !Number.isInteger(uiPort) ? null : writeRecord(places, identity, { port, uiPort });
}

function readRecord(places: Places): ServerRecord | null {
  try {
    return record.parse(JSON.parse(readFileSync(places.temporalJson, "utf8")));
  } catch {
    return null;
  }
}

function argument(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at === -1 ? undefined : args[at + 1];
}
