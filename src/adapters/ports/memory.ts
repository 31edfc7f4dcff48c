import { readFileSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Log } from "../../shared/log.js";

/** Stored: `{"schema_version":1,"ports":{"api":20417}}`. */
const stored = z.object({
  schema_version: z.literal(1),
  ports: z.record(z.string(), z.number().int().min(1).max(65_535)),
});

/** The remembered ports; empty with one warning when the file cannot be used. */
export function loadPorts(file: string, log: Log): Map<string, number> {
  try {
    const { ports } = stored.parse(JSON.parse(readFileSync(file, "utf8")));
    return withoutTwins(ports);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    log.warn({ file, error: (error as Error).message.split("\n", 1)[0] }, "remembered ports cannot be read; services may get other ports");
    return new Map();
  }
}

/** An edited file could give one port to two names; the first keeps it. */
function withoutTwins(ports: Readonly<Record<string, number>>): Map<string, number> {
  const taken = new Set<number>();
  return new Map(Object.entries(ports).filter(([, port]) => !taken.has(port) && taken.add(port)));
}

/**
 * Saves in the background, at most one write under way and one waiting, whatever number of changes come together.
 * The promise resolves when a write that began after the call is on disk. A failure is one warning until a write succeeds:
 * a port that is not remembered is still a port.
 */
export function createSaver(file: string, ports: ReadonlyMap<string, number>, log: Log): Saver {
  let current: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  let warned = false;

  const write = async () => {
    waiting = undefined;
    try {
      await writeAtomically(file, `${JSON.stringify({ schema_version: 1, ports: Object.fromEntries(ports) }, null, 1)}\n`);
      warned = false;
    } catch (error) {
      if (!warned) log.warn({ file, error: (error as Error).message }, "ports cannot be remembered; they may differ after the next start");
      warned = true;
    }
  };
  return {
    save() {
      waiting ??= current = current.then(write);
      return waiting;
    },
    saved: () => current,
  };
}

export interface Saver {
  save(): Promise<void>;
  /** Resolves when nothing is left to write. */
  saved(): Promise<void>;
}

async function writeAtomically(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
