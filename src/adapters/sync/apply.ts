import { AuraError } from "../../shared/errors.js";
import { isLive } from "../../sync/content.js";
import type { Entry, Path } from "../../sync/entry.js";
import type { Aside, Operation, Plan } from "../../sync/operations.js";
import { type FileStat, type Placed, SourceChanged, type TempFile } from "../../sync/ports.js";
import type { Amount } from "../../sync/tick.js";
import { fetchFiles, type ToFetch } from "./download.js";
import { LARGE } from "./large-upload.js";
import { Breath } from "./parallel.js";
import type { RootParts } from "./parts.js";
import { sha256 } from "./sha256.js";
import type { Have, Row } from "./state/row.js";
import { UNTOLD } from "./state/row.js";
import { statText } from "./state/row-text.js";
import type { Tally } from "./tally.js";

type Placing = Extract<Operation, { op: "mkdir" | "copy" | "link" | "download" }>;
type Download = Extract<Operation, { op: "download" }>;

/** Paths after which what was done is made durable and remembered. */
const BATCH = 500;
/** And ms after which it is, so that a kill costs little. */
const BATCH_MS = 1000;

/**
 * Carries a plan out. What is done is remembered in batches, first the disk, then the database: after a kill the next scan
 * finds what is there to be what is wanted. What is not as expected is left alone, for the next tick to look at.
 */
export class Applier {
  private readonly pending = new Map<Path, Row>();
  private since = performance.now();
  /** Operations that were carried out, or left out. */
  private done = 0;

  constructor(
    private readonly parts: RootParts,
    private readonly tally: Tally,
    private readonly signal: AbortSignal,
  ) {}

  /** Rejects with StoreError, AuraError `file_write` (disk full), or the signal's reason; what was done until then is remembered. */
  async apply(plan: Plan, options: { readonly remove: boolean }): Promise<void> {
    const breath = new Breath();
    try {
      for (const path of plan.noted) this.note(path);
      const operations = options.remove ? plan.operations : plan.operations.filter(({ op }) => op !== "remove");
      this.tally.download.expect(sumOf(operations.filter(isDownload)));
      for (let at = 0; at < operations.length;) {
        this.signal.throwIfAborted();
        const end = endOfDownloads(operations, at);
        if (end > at) await this.download(operations.slice(at, end).filter(isDownload));
        else await this.carryOut(operations[at]!);
        this.commitSometimes();
        at = Math.max(end, at + 1);
        this.done = at;
        this.progress(operations.length);
        await breath.taken();
      }
    } finally {
      this.commit();
    }
  }

  private async carryOut(operation: Operation): Promise<void> {
    const { path, entry } = operation;
    switch (operation.op) {
      case "mkdir":
      case "link":
        this.place(operation, null);
        return;
      case "copy":
        return this.copy(operation);
      case "move":
        return this.move(operation.from, path, entry);
      case "exec":
        return this.exec(path, entry);
      case "remove":
        return this.remove(path, entry);
      case "download":
        return this.download([operation]);
    }
  }

  private row(path: Path): Row {
    return this.pending.get(path) ?? this.parts.state.paths.get(path) ?? { path, have: null, want: null, location: null, told: UNTOLD };
  }

  private setHave(path: Path, have: Have | null): void {
    this.pending.set(path, { ...this.row(path), have });
  }

  /** Nothing to do on disk, if that is as it was: an edit that no scan has seen yet has not seen the wanted version either. */
  private note(path: Path): void {
    const { want, have } = this.row(path);
    const stat = have?.stat ?? null;
    if (want === null) return;
    if (this.isAsKnown(path, stat)) this.setHave(path, { entry: want, stat, settled: have?.settled ?? true });
    else if (stat !== null) this.changed(path);
  }

  private isAsKnown(path: Path, known: FileStat | null): boolean {
    try {
      const stat = this.parts.folder.stat(path);
      if (stat === null || known === null) return stat === known;
      // Of a folder only what it is: its times tell of what is in it.
      return stat.type === "dir" ? known.type === "dir" : statText(stat) === statText(known);
    } catch (error) {
      if (error instanceof AuraError && error.code === "refused") return false;
      throw error;
    }
  }

  /** Sets aside what is there, then puts what is wanted in its place. */
  private place(operation: Placing, temp: TempFile | null): void {
    const { path, entry, aside } = operation;
    if (aside !== undefined && !this.setAside(path, aside)) return temp?.discard();
    const { have } = this.row(path);
    if (have !== null && !this.isCertain(path, have)) return temp?.discard();
    const placed = this.placed(path, entry, temp, have?.stat ?? null);
    if (this.isPlaced(path, placed)) {
      this.setHave(path, { entry, stat: placed.stat, settled: true });
      if (operation.op === "download" && entry.content.type === "file") {
        this.tally.downloaded.files++;
        this.tally.downloaded.bytes += entry.content.size;
      }
    } else temp?.discard();
  }

  private placed(path: Path, entry: Entry, temp: TempFile | null, expected: FileStat | null): Placed {
    try {
      return this.parts.folder.place(path, entry.content, temp, expected, entry.mtimeMs);
    } catch (error) {
      temp?.discard();
      throw error;
    }
  }

  /** What was changed right before it was read can have changed again with the same stat: it is read once more. */
  private isCertain(path: Path, { entry: { content }, stat, settled }: Have): boolean {
    if (settled || stat === null || content.type !== "file") return true;
    try {
      if (stat.size <= LARGE && sha256(this.parts.folder.readFile(path, stat)) === content.hash) return true;
    } catch (error) {
      if (!(error instanceof SourceChanged || error instanceof AuraError)) throw error;
    }
    this.changed(path);
    return false;
  }

  private setAside(path: Path, { to, entry }: Aside): boolean {
    const { have } = this.row(path);
    if (have?.stat == null) return false;
    const placed = this.parts.folder.rename(path, to, have.stat);
    if (!this.isPlaced(path, placed)) return false;
    this.setHave(path, null);
    this.setHave(to, { entry: entry === null ? have.entry : sameExec(entry, have.entry), stat: placed.stat, settled: have.settled });
    if (entry === null) this.tally.conflict(to);
    return true;
  }

  private move(from: Path, path: Path, entry: Entry): void {
    const source = this.row(from);
    if (source.have?.stat == null) return this.changed(from);
    const placed = this.parts.folder.rename(from, path, source.have.stat);
    if (!this.isPlaced(path, placed)) return;
    this.setHave(from, source.want === null || isLive(source.want.content) ? null : { entry: source.want, stat: null, settled: true });
    this.setHave(path, { entry: sameExec(entry, source.have.entry), stat: placed.stat, settled: source.have.settled });
    this.tally.renamed++;
  }

  private async copy(operation: Extract<Operation, { op: "copy" }>): Promise<void> {
    const { from, path, entry } = operation;
    const copied = this.copied(from, entry);
    if (copied !== null) return this.place(operation, copied);
    const instead = { ...operation, op: "download", path, entry } as const;
    this.tally.download.expect(sumOf([instead]));
    return this.download([instead]);
  }

  /** Null when it has not that content any more. */
  private copied(from: Path, { content }: Entry): TempFile | null {
    if (content.type !== "file") return null;
    try {
      const { temp, hash } = this.parts.folder.copyToTemp(from);
      if (hash === content.hash) return temp;
      temp.discard();
    } catch {
      // Gone, changed or unreadable: it is fetched instead.
    }
    return null;
  }

  private exec(path: Path, entry: Entry): void {
    const { have } = this.row(path);
    if (have?.stat == null || entry.content.type !== "file") return this.changed(path);
    const placed = this.parts.folder.setExec(path, entry.content.exec, have.stat);
    if (this.isPlaced(path, placed)) this.setHave(path, { entry, stat: placed.stat, settled: have.settled });
  }

  private remove(path: Path, entry: Entry): void {
    const { have } = this.row(path);
    if (have?.stat == null || !this.isCertain(path, have)) return;
    const placed = this.parts.folder.remove(path, have.stat);
    if (!this.isPlaced(path, placed)) return;
    this.setHave(path, isLive(this.row(path).want?.content) ? null : { entry, stat: null, settled: true });
    this.tally.deleted.here++;
  }

  private async download(operations: readonly Download[]): Promise<void> {
    const stage = this.tally.download;
    stage.begin();
    const byPath = new Map(operations.map((operation) => [operation.path, { operation, progress: stage.file(sizeOf(operation)) }]));
    const files = operations.flatMap(({ path, entry }): ToFetch[] =>
      entry.content.type === "file" ? [{ path, content: entry.content, location: this.row(path).location }] : [],
    );
    await fetchFiles(files, {
      parts: this.parts,
      signal: this.signal,
      onBytes: (path, bytes) => byPath.get(path)!.progress.at(bytes),
      onFile: (path, temp) => {
        const { operation, progress } = byPath.get(path)!;
        this.place(operation, temp);
        progress.end();
        this.commitSometimes();
      },
      onProblem: (problem) => {
        this.tally.problem(problem);
        byPath.get(problem.path)!.progress.end();
      },
    });
  }

  private isPlaced(path: Path, placed: Placed): placed is Extract<Placed, { result: "done" }> {
    if (placed.result === "changed") this.changed(path);
    else if (placed.result === "kept") this.tally.problem({ path, message: placed.why });
    return placed.result === "done";
  }

  /** Not as it was known to be: the next tick looks at it. */
  private changed(path: Path): void {
    this.tally.again.add(path);
  }

  private progress(total: number): void {
    const bytes = this.tally.downloaded.bytes;
    this.tally.progress("apply", { files: this.done, bytes }, { files: total, bytes });
  }

  private commitSometimes(): void {
    if (this.pending.size >= BATCH || performance.now() - this.since > BATCH_MS) this.commit();
  }

  private commit(): void {
    this.since = performance.now();
    if (this.pending.size === 0) return;
    const { folder, state } = this.parts;
    // The other way round a power cut could leave a database that knows of files which are not there: deleted ones.
    folder.flush();
    state.transaction(() => {
      for (const row of this.pending.values()) state.paths.put(row);
    });
    this.pending.clear();
  }
}

function isDownload(operation: Operation): operation is Download {
  return operation.op === "download";
}

function sizeOf({ entry: { content } }: Download): number {
  return content.type === "file" ? content.size : 0;
}

function sumOf(downloads: readonly Download[]): Amount {
  return { files: downloads.length, bytes: downloads.reduce((sum, one) => sum + sizeOf(one), 0) };
}

/** Where the neighbouring downloads that begin at `at` end; `at` itself when there are none. */
function endOfDownloads(operations: readonly Operation[], at: number): number {
  let end = at;
  while (operations[end]?.op === "download") end++;
  return end;
}

/** What was moved is as executable as it was: an `exec` operation follows where that is to change. */
function sameExec(entry: Entry, moved: Entry): Entry {
  const { content } = entry;
  if (content.type !== "file" || moved.content.type !== "file" || content.exec === moved.content.exec) return entry;
  return { ...entry, content: { ...content, exec: moved.content.exec } };
}
