import { readFileSync, rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { isSame } from "../process/identity.js";
import type { ProcessIdentity } from "../process/identity.js";
import { createFileAtomic, writeFileAtomic } from "./atomic-file.js";

/** What a lock file holds: who took it, and whatever else the owner wants to be known by. */
export interface LockRecord extends ProcessIdentity {
  readonly [extra: string]: unknown;
}

export type LockOutcome = { readonly taken: true; readonly release: () => void } | { readonly taken: false; readonly holder: LockRecord };

/**
 * Takes a lock that is a file with its holder's identity. A holder that died, by whatever means, holds nothing:
 * the file of a dead process, of a reused pid or of an earlier boot is replaced.
 *
 * Two that find the same dead holder must not both replace it. Replacing needs a second lock, `PATH~`, taken the
 * same way, so that even one who dies while replacing blocks nobody.
 */
export async function takeLock(path: string, record: LockRecord): Promise<LockOutcome> {
  const text = `${JSON.stringify(record)}\n`;
  for (;;) {
    if (createFileAtomic(path, text)) return taken(path, text);
    const found = readText(path);
    if (found === null) continue;
    const holder = parseRecord(found);
    if (holder !== null && isSame(holder)) return { taken: false, holder };
    const right = await takeLock(`${path}~`, record);
    if (!right.taken) {
      await wait(10);
      continue;
    }
    try {
      if (readText(path) === found) {
        writeFileAtomic(path, text);
        return taken(path, text);
      }
    } finally {
      right.release();
    }
  }
}

/** The live holder of a lock; null when nobody holds it. */
export function lockHolder(path: string): LockRecord | null {
  const text = readText(path);
  const holder = text === null ? null : parseRecord(text);
  return holder !== null && isSame(holder) ? holder : null;
}

function taken(path: string, text: string): LockOutcome {
  return {
    taken: true,
    release: () => {
      if (readText(path) === text) rmSync(path, { force: true });
    },
  };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** A file that cannot be understood was cut short by a power loss: nobody holds it. */
function parseRecord(text: string): LockRecord | null {
  try {
    const record = JSON.parse(text) as Partial<LockRecord> | null;
    const whole = typeof record?.pid === "number" && typeof record.startTime === "string" && typeof record.bootId === "string";
    return whole ? (record as LockRecord) : null;
  } catch {
    return null;
  }
}
