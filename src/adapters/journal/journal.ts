import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Log } from "../../shared/log.js";
import type { JournalPort, JournalRecord } from "../../services/ports.js";
import { readSlots, writeSlots } from "../files/slots.js";
import { rewriteSegment, thinLines } from "./compact.js";
import { decodeLines, encodeLine, type Line } from "./lines.js";

const SEGMENT_BYTES = 4 << 20;
/** So many records behind a reader are thinned: a crash loop must not fill the disk while Temporal is away. */
const COMPACT_LINES = 10_000;
const SYNC_MS = 200;
const RETRY_MS = 1000;

/**
 * The write-ahead log of this host: segments `N.wal` of checksummed lines, N being the offset of the first record.
 * An append survives a kill of aurad when it returns; fdatasync follows within a quarter of a second.
 * What every reader has committed is dropped a segment at a time; of a long row that nobody takes the middle is folded.
 */
export class Journal implements JournalPort {
  private entries: Line[] = [];
  private readonly cursors: Record<string, number>;
  private cursorCounter: number;
  private last = 0;
  private segments: number[] = [];
  private fd = -1;
  private size = 0;
  /** Lines that found no room on the disk; they follow, in order, as soon as there is some. */
  private unwritten: string[] = [];
  private full = false;
  private compactAt = COMPACT_LINES;
  private syncing = false;
  private syncTimer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private commitTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dir: string,
    private readonly log: Log,
    readers: readonly string[],
  ) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const stored = readSlots<Record<string, number>>(this.cursorPath());
    this.cursorCounter = stored?.counter ?? 0;
    this.cursors = { ...stored?.value };
    this.load();
    // A reader without a cursor sees everything there is: it was killed before its first commit.
    for (const reader of readers) this.cursors[reader] ??= 0;
    this.last = Math.max(this.last, ...Object.values(this.cursors));
    this.openSegment();
    this.trim();
  }

  append(record: JournalRecord): number {
    this.last += 1;
    const line = { offset: this.last, record };
    this.entries.push(line);
    this.unwritten.push(encodeLine(line));
    this.flush();
    if (this.entries.length >= this.compactAt) this.compact();
    return this.last;
  }

  read(after: number): readonly Line[] {
    // From the end: readers are seldom far behind, and when they are the row is long.
    const read = this.entries.findLastIndex(({ offset }) => offset <= after);
    return this.entries.slice(read + 1);
  }

  cursor(reader: string): number {
    return this.cursors[reader] ?? this.last;
  }

  commit(reader: string, offset: number): void {
    if (offset <= this.cursor(reader)) return;
    this.cursors[reader] = offset;
    this.commitTimer ??= setTimeout(() => this.saveCursors(), 50);
  }

  close(): void {
    clearTimeout(this.retry);
    clearTimeout(this.syncTimer);
    if (this.commitTimer !== undefined) this.saveCursors();
    this.flush();
    clearTimeout(this.retry);
    clearTimeout(this.syncTimer);
    if (this.unwritten.length > 0)
      this.log.error({ dir: this.dir, records: this.unwritten.length }, "no room for the last records of the journal; they are lost");
    fdatasyncSync(this.fd);
    closeSync(this.fd);
    this.fd = -1;
  }

  /** A lost cursor write only means that a reader sees records again, and every reader ignores what it has seen. */
  private saveCursors(): void {
    clearTimeout(this.commitTimer);
    this.commitTimer = undefined;
    try {
      writeSlots(this.cursorPath(), this.cursors, ++this.cursorCounter);
    } catch (error) {
      this.log.warn({ error: (error as Error).message }, "cannot save the journal's cursors");
    }
    this.trim();
  }

  private flush(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    try {
      while (this.unwritten.length > 0) {
        const line = Buffer.from(this.unwritten[0]!);
        const written = writeSync(this.fd, line, 0, line.length, this.size);
        if (written < line.length) throw new Error("short write");
        this.size += written;
        this.unwritten.shift();
        this.full = false;
      }
      this.sync();
    } catch (error) {
      try {
        ftruncateSync(this.fd, this.size);
      } catch {
        // The next write starts at the same place and overwrites the torn line.
      }
      if (!this.full)
        this.log.error(
          { dir: this.dir, error: (error as Error).message },
          "cannot write the journal; holding records in memory until there is room",
        );
      this.full = true;
      this.retry = setTimeout(() => this.flush(), RETRY_MS).unref();
    }
  }

  /**
   * Syncs what was appended within SYNC_MS together: a sync for every record of a wave of starts would make each
   * file that the wave creates wait for the file system's own journal.
   */
  private sync(): void {
    this.syncTimer ??= setTimeout(() => {
      this.syncTimer = undefined;
      if (this.fd < 0) return;
      if (this.syncing) return this.sync();
      this.syncing = true;
      fdatasync(this.fd, () => {
        this.syncing = false;
      });
    }, SYNC_MS);
  }

  private load(): void {
    this.segments = readdirSync(this.dir)
      .filter((file) => /^\d+\.wal$/.test(file))
      .map((file) => Number.parseInt(file, 10))
      .sort((a, b) => a - b);
    for (const first of this.segments) {
      const path = this.path(first);
      const data = readFileSync(path);
      const { lines, validBytes, damaged } = decodeLines(data);
      for (const line of damaged) this.log.error({ file: path, line }, "journal record is damaged and was skipped");
      if (validBytes < data.length) {
        this.log.warn({ file: path, bytes: data.length - validBytes }, "cut the torn tail of the journal");
        truncateSync(path, validBytes);
      }
      // A kill within a compaction leaves segments beside the one that has taken them in.
      const known = this.entries.at(-1)?.offset ?? 0;
      for (const line of lines) if (line.offset > known) this.entries.push(line);
      this.last = Math.max(this.last, first - 1, lines.at(-1)?.offset ?? 0);
      this.size = validBytes;
    }
  }

  private openSegment(): void {
    const current = this.segments.at(-1);
    const isNew = current === undefined || this.size >= SEGMENT_BYTES;
    const first = isNew ? this.last + 1 : current;
    const fd = openSync(this.path(first), isNew ? "w" : "r+", 0o600);
    if (this.fd >= 0) closeSync(this.fd);
    this.fd = fd;
    if (!isNew) return;
    this.segments.push(first);
    this.size = 0;
  }

  private trim(): void {
    const done = Math.min(this.last, ...Object.values(this.cursors));
    let keep = 0;
    while (keep < this.entries.length && this.entries[keep]!.offset <= done) keep += 1;
    if (keep > 0) this.entries = this.entries.slice(keep);
    if (this.unwritten.length === 0 && !this.syncing && this.size >= SEGMENT_BYTES) this.rotate();
    while (this.segments.length > 1 && this.segments[1]! <= done + 1) rmSync(this.path(this.segments.shift()!), { force: true });
  }

  /** The segment in use goes on where no new one can be made. */
  private rotate(): void {
    try {
      this.openSegment();
    } catch (error) {
      this.log.warn({ dir: this.dir, error: (error as Error).message }, "cannot begin a new segment of the journal");
    }
  }

  /** The first segment takes everything in, thinned; then the others can go. */
  private compact(): void {
    const lines = thinLines(this.entries);
    this.compactAt = Math.max(COMPACT_LINES, lines.length * 2);
    if (this.unwritten.length > 0 || lines.length > this.entries.length / 2) return;
    const first = this.segments[0]!;
    try {
      const size = rewriteSegment(this.path(first), lines);
      const fd = openSync(this.path(first), "r+");
      closeSync(this.fd);
      this.fd = fd;
      this.size = size;
      this.entries = lines;
      for (const other of this.segments.splice(1)) rmSync(this.path(other), { force: true });
    } catch (error) {
      this.log.warn({ dir: this.dir, error: (error as Error).message }, "cannot compact the journal");
    }
  }

  private path(first: number): string {
    return join(this.dir, `${String(first).padStart(16, "0")}.wal`);
  }

  private cursorPath(): string {
    return join(this.dir, "cursors");
  }
}
