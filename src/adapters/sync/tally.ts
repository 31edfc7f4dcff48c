import type { Path } from "../../sync/entry.js";
import type { PathProblem } from "../../sync/ports.js";
import type { Amount, Held, PlannedAction, SyncReport, TickProgress } from "../../sync/tick.js";
import { StageProgress } from "./stage-progress.js";

const PROBLEMS_TOLD = 100;
const PLAN_TOLD = 1000;
const PROGRESS_MS = 100;

export interface Planned {
  readonly action: PlannedAction;
  readonly path: Path;
  readonly from?: Path;
}

/** What a tick has done so far. */
export class Tally {
  readonly uploaded = { files: 0, bytes: 0 };
  readonly downloaded = { files: 0, bytes: 0 };
  readonly deleted = { here: 0, told: 0 };
  renamed = 0;
  scanned = 0;
  held: Held | null = null;
  readonly conflicts: Path[] = [];
  readonly plan: Planned[] = [];
  /** Paths that changed under our hands: for the next tick, and no problem. */
  readonly again = new Set<Path>();
  readonly upload = new StageProgress((done, total) => this.progress("upload", done, total));
  readonly download = new StageProgress((done, total) => this.progress("download", done, total));
  private stage: TickProgress["stage"] | null = null;
  private toldAt = 0;
  private readonly problems = new Map<Path, string>();

  constructor(private readonly onProgress: (progress: TickProgress) => void) {}

  conflict(path: Path): void {
    this.conflicts.push(path);
    this.plan.push({ action: "conflict", path });
  }

  problem({ path, message }: PathProblem): void {
    if (!this.problems.has(path)) this.problems.set(path, message);
  }

  /** By path, so that two reports of the same are the same. */
  allProblems(): PathProblem[] {
    const all = Array.from(this.problems, ([path, message]) => ({ path, message }));
    return all.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  }

  /** Told at once where a stage begins and where all of it is done, and between these a few times a second. */
  progress(stage: TickProgress["stage"], done: Amount, total: Amount): void {
    const now = performance.now();
    const isDone = done.files === total.files && done.bytes === total.bytes;
    if (stage === this.stage && !isDone && now - this.toldAt < PROGRESS_MS) return;
    [this.stage, this.toldAt] = [stage, now];
    this.onProgress({ stage, files: done.files, bytes: done.bytes, filesTotal: total.files, bytesTotal: total.bytes });
  }

  report(rest: Pick<SyncReport, "root_id" | "device_id" | "dry_run" | "manifest_id" | "requests" | "in_sync" | "duration_ms">): SyncReport {
    const { root_id, device_id, dry_run, manifest_id, requests, in_sync, duration_ms } = rest;
    const problems = this.allProblems();
    return {
      schema_version: 1,
      root_id,
      device_id,
      dry_run,
      manifest_id,
      uploaded: { ...this.uploaded },
      downloaded: { ...this.downloaded },
      renamed: this.renamed,
      deleted: { ...this.deleted },
      conflicts: [...this.conflicts],
      problems: problems.slice(0, PROBLEMS_TOLD),
      problems_total: problems.length,
      held: this.held,
      requests,
      scanned: this.scanned,
      ...(dry_run ? { plan: this.plan.slice(0, PLAN_TOLD) } : {}),
      in_sync,
      duration_ms,
    };
  }
}
