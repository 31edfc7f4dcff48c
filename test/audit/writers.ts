import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AuditEvent } from "../../src/epochs/audit.js";

/**
 * Delivers the events of a file in rows of `batch`, as aurad does: it goes by the answers, tells each on a line, and tries again
 * while another writer holds the file. These write without a pause, so that on a slow disk one may be kept out for seconds.
 */
const PROGRAM = `
import { readFileSync, writeSync } from "node:fs";
import { openAuditTrail } from "./adapters/audit/open.js";
import { silentLog } from "./shared/log.js";
const [path, file, batch] = process.argv.slice(2);
const events = JSON.parse(readFileSync(file, "utf8"));
const id = events[0].epoch_id;
const say = (word) => writeSync(1, word + "\\n");
say("opening");
const patiently = async (task) => {
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (error.cause?.code !== "SQLITE_BUSY") throw error;
    }
  }
};
const trail = await patiently(() => openAuditTrail({ backend: "sqlite", path }, silentLog));
const append = (batch) => patiently(() => trail.append(id, batch));
let wants = await append([]);
say("wants " + wants);
while (wants <= events.length) {
  wants = await append(events.slice(wants - 1, wants - 1 + Number(batch)));
  say("wants " + wants);
}
await trail.close();
say("done");
`;

/** A process that writes to a trail. */
export interface Writer {
  readonly process: ChildProcess;
  /** What it says. Ends when it does. */
  readonly words: AsyncIterator<string>;
  /** The seq up to which it was told that its events are safe. */
  acknowledged(): number;
}

export function writerFactory(compiled: string): (path: string, events: readonly AuditEvent[], batch?: number) => Writer {
  const program = join(compiled, "writer.mjs");
  writeFileSync(program, PROGRAM);
  const files = new Map<readonly AuditEvent[], string>();
  return (path, events, batch = 3) => {
    const file = files.get(events) ?? join(compiled, `events-${files.size}.json`);
    if (!files.has(events)) writeFileSync(file, JSON.stringify(events));
    files.set(events, file);
    const child = spawn(process.execPath, [program, path, file, String(batch)], { stdio: ["ignore", "pipe", "inherit"] });
    let acknowledged = 0;
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => {
      if (line.startsWith("wants ")) acknowledged = Number(line.slice(6)) - 1;
    });
    return { process: child, words: lines[Symbol.asyncIterator](), acknowledged: () => acknowledged };
  };
}

/** Kills it with SIGKILL after its `n`th word. Resolves when it is gone and all it said has been heard. */
export async function killAfter({ process: child, words }: Writer, n: number): Promise<void> {
  for (let heard = 0; heard < n; heard++) if ((await words.next()).done === true) break;
  child.kill("SIGKILL");
  await ended(child);
  while ((await words.next()).done !== true);
}

/** Its exit status, once it has said all. */
export async function finished({ process: child, words }: Writer): Promise<number | null> {
  while ((await words.next()).done !== true);
  return ended(child);
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}
