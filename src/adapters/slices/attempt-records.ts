import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SliceKey, SliceResult, SliceRun } from "../../epochs/slice.js";
import { writeFileAtomic } from "../home/atomic-file.js";
import { bootId } from "../process/identity.js";
import { parseAttemptName } from "./attempt-name.js";
import { monotonicMs } from "./attempt-time.js";

/** What is known of an attempt whatever happens to aurad. Its environment is not part of it. */
export interface AttemptRecord {
  readonly schema_version: 1;
  /** When its epoch started; null where nobody said. */
  readonly epoch_started_at: string | null;
  /** null: stopped before it was ever asked for. */
  readonly run: SliceRun | null;
  /** Rises when a start was made void before its program ran; the program itself runs at most once. */
  readonly generation: number;
  /** Wall clock, for people and for logs only. */
  readonly started_at: string;
  /** The host's boot that it was started in: no process outlives one. */
  readonly boot_id: string;
  /**
   * Of the host's monotonic clock, ms since boot: the time-out counts from here. It is the same for every process and knows
   * no clock jump; a time asleep is not counted, for the program could not work in it either.
   */
  readonly started_ms: number;
  /** It is being ended, and why; its end is told so even when another aurad sees it. */
  readonly stopping: { readonly outcome: "cancelled" | "timed_out"; readonly reason: string } | null;
  readonly result: SliceResult | null;
}

const SUFFIX = ".json";
const KEPT_MS = 90 * 24 * 3_600_000;

/**
 * One file an attempt: `NAME.json` until its result was taken over, then `done/NAME.json`, which keeps it from ever being
 * started again. Durable when `save` returns, over a power cut too.
 */
export class AttemptRecords {
  private readonly done: string;

  constructor(private readonly dir: string) {
    this.done = join(dir, "done");
    mkdirSync(this.done, { recursive: true, mode: 0o700 });
    void forgetOld(this.done);
  }

  /** Every attempt that is not done, by name; null where the file cannot be read. */
  load(): Map<string, AttemptRecord | null> {
    const found = readdirSync(this.dir).flatMap((file): [string, AttemptRecord | null][] => {
      const name = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : "";
      return parseAttemptName(name) === null ? [] : [[name, read(join(this.dir, file))]];
    });
    return new Map(found);
  }

  save(name: string, record: AttemptRecord): void {
    writeFileAtomic(this.path(name), `${JSON.stringify(record)}\n`);
  }

  /** Its result was taken over. */
  finish(name: string): void {
    if (existsSync(this.path(name))) renameSync(this.path(name), join(this.done, name + SUFFIX));
  }

  /** Saved as done at once. */
  saveDone(name: string, record: AttemptRecord): void {
    writeFileAtomic(join(this.done, name + SUFFIX), `${JSON.stringify(record)}\n`);
  }

  /** Of an attempt that is done; undefined when there was none, null when its file cannot be read. */
  readDone(name: string): AttemptRecord | null | undefined {
    const path = join(this.done, name + SUFFIX);
    return existsSync(path) ? read(path) : undefined;
  }

  remove(name: string): void {
    rmSync(this.path(name), { force: true });
  }

  private path(name: string): string {
    return join(this.dir, name + SUFFIX);
  }
}

/** Of a name that `attemptName` made. */
export function keyOf(name: string): SliceKey {
  return parseAttemptName(name) ?? { epoch_id: name, slice_id: "", attempt: 0 };
}

export function newRecord(run: SliceRun | null, epochStartedAt: string | undefined = run?.epoch_started_at): AttemptRecord {
  return {
    schema_version: 1,
    epoch_started_at: epochStartedAt ?? null,
    run,
    generation: 0,
    started_at: new Date().toISOString(),
    boot_id: bootId(),
    started_ms: monotonicMs(),
    stopping: null,
    result: null,
  };
}

/** Of an earlier epoch with the same id, started on another server or since forgotten by this one. */
export function isForeign({ epoch_started_at }: AttemptRecord, key: SliceKey): boolean {
  return epoch_started_at !== null && key.epoch_started_at !== undefined && epoch_started_at !== key.epoch_started_at;
}

/** The runs whose files are kept: a void claim of an earlier generation stays as long as the attempt may be asked for. */
export function generations(name: string, { generation, result }: AttemptRecord): { service: string; generation: number }[] {
  if (result !== null) return [];
  return Array.from({ length: generation }, (_, i) => ({ service: name, generation: i + 1 }));
}

function read(path: string): AttemptRecord | null {
  try {
    const record = JSON.parse(readFileSync(path, "utf8")) as Partial<AttemptRecord>;
    return record.schema_version === 1 && typeof record.generation === "number" ? (record as AttemptRecord) : null;
  } catch {
    return null;
  }
}

/** Nobody asks for an attempt again that was taken over months ago. */
async function forgetOld(dir: string): Promise<void> {
  try {
    for (const file of await readdir(dir)) {
      const path = join(dir, file);
      if (Date.now() - (await stat(path)).mtimeMs > KEPT_MS) await rm(path, { force: true });
    }
  } catch {
    // The next aurad tries again.
  }
}
