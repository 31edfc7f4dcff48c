import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RecordsPort, ServiceRecord } from "../../services/ports.js";
import { readSlots, writeSlots } from "../files/slots.js";

const SUFFIX = ".record";
const MOST_CHARACTERS = 200;

/** One file a service in `state/processes`. Synchronous: on the restart path, 20 to 40 microseconds. */
export class Records implements RecordsPort {
  private readonly counters = new Map<string, number>();

  constructor(private readonly dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /** Every readable record by service name. */
  load(): Map<string, ServiceRecord> {
    const records = new Map<string, ServiceRecord>();
    for (const file of readdirSync(this.dir)) {
      if (!file.endsWith(SUFFIX)) continue;
      const found = readSlots<ServiceRecord>(join(this.dir, file));
      if (found === null) continue;
      const name = file.slice(0, -SUFFIX.length);
      this.counters.set(name, found.counter);
      records.set(name, found.value);
    }
    return records;
  }

  save(name: string, record: ServiceRecord): void {
    const counter = (this.counters.get(name) ?? 0) + 1;
    const path = join(this.dir, name + SUFFIX);
    try {
      writeSlots(path, record, counter);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      writeSlots(path, shortened(record), counter);
    }
    this.counters.set(name, counter);
  }

  remove(name: string): void {
    rmSync(join(this.dir, name + SUFFIX), { force: true });
    this.counters.delete(name);
  }
}

/** No sentence in a record, however long or full of signs that JSON must escape, may keep it from being written. */
function shortened(record: ServiceRecord): ServiceRecord {
  return JSON.parse(JSON.stringify(record, (_key, value: unknown) => (typeof value === "string" ? cut(value) : value))) as ServiceRecord;
}

function cut(text: string): string {
  if (JSON.stringify(text).length <= MOST_CHARACTERS && Buffer.byteLength(text) <= MOST_CHARACTERS) return text;
  return `${text.replaceAll(/[^ -~]/g, "?").slice(0, MOST_CHARACTERS / 2)}...`;
}
