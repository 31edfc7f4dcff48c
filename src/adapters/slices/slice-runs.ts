import { rmSync } from "node:fs";
import { join } from "node:path";
import type { SliceRunsPort } from "../../epochs/ports.js";
import type { SliceKey, SliceResult, SliceRun } from "../../epochs/slice.js";
import type { Exit } from "../../services/snapshot.js";
import { AuraError } from "../../shared/errors.js";
import { formatDuration } from "../../shared/durations.js";
import type { Log } from "../../shared/log.js";
import { bootId } from "../process/identity.js";
import { RunFiles } from "../process/run-files.js";
import { Runs } from "../process/runs.js";
import { Attempt } from "./attempt.js";
import { attemptName } from "./attempt-name.js";
import { type AttemptRecord, AttemptRecords, generations, isForeign, keyOf, newRecord } from "./attempt-records.js";
import { monotonicMs, ranMs } from "./attempt-time.js";
import { type LaunchPlace, paneDir, prepare } from "./launch.js";
import { cancelledBeforeStart, endResult, failed, KILL_AFTER_MS, rebootResult, startFailure, stopResult } from "./outcome.js";

export interface SliceRunsOptions extends LaunchPlace {
  /** For the records and run files of slices alone, e.g. `state/slices`. */
  readonly dir: string;
  /** e.g. `state/log/slices`. */
  readonly logDir: string;
  readonly homeId: string;
  readonly log: Log;
}

const TIMER_MOST_MS = 2 ** 31 - 1;
const UNREADABLE = "its record cannot be read; whether it ran is not known";

export interface SliceRuns extends SliceRunsPort {
  /** Whether the attempt has yet to end here; false for one that this host does not know. */
  isRunning(key: SliceKey): boolean;
  /** Ends the waits; touches no process. */
  close(): void;
}

/** Finds again what an earlier aurad began, and goes on keeping its time. */
export function createSliceRuns(options: SliceRunsOptions): SliceRuns {
  return new HostSlices(options);
}

/**
 * An attempt goes through these steps, and aurad may be killed between any two:
 *
 *   record saved -> spawned -> claimed (runs) -> ended (status file) -> result saved -> collected
 *
 *   record, no claim        -> made void, so that a late shim starts nothing; started anew when it is asked for again
 *   claimed, process alive  -> adopted, with what is left of its time-out; a stop that was begun goes on
 *   claimed, process gone   -> ended while nobody looked; its status file tells how
 *   another boot id         -> it ended with the host: by its status file, else `failed` with that reason
 *   result saved            -> told again to whoever asks; what lives of it is ended
 *   no record, process      -> nobody's: ended
 */
class HostSlices implements SliceRuns {
  private readonly records: AttemptRecords;
  private readonly files: RunFiles;
  private readonly runs: Runs;
  private readonly attempts = new Map<string, Attempt>();
  private readonly closing = new AbortController();

  constructor(private readonly options: SliceRunsOptions) {
    const runsDir = join(options.dir, "runs");
    this.records = new AttemptRecords(join(options.dir, "attempts"));
    this.files = new RunFiles(runsDir);
    this.runs = new Runs(
      // The prefix keeps the guardian, which looks for HOMEID:, from seeing slices.
      { dir: runsDir, homeId: `slice-${options.homeId}`, log: options.log },
      {
        running: ({ service, generation }, pid) => this.current(service, generation)?.runsAs(pid),
        exited: ({ service, generation }, exit, note) => {
          const attempt = this.current(service, generation);
          if (attempt !== undefined) this.exited(attempt, exit, note);
        },
      },
    );
    this.takeOver();
  }

  async run(run: SliceRun, started: (pid: number) => void, signal: AbortSignal): Promise<SliceResult> {
    const stop = AbortSignal.any([signal, this.closing.signal]);
    stop.throwIfAborted();
    const name = attemptName(run);
    await this.makeRoom(name, run);
    const attempt = this.attempts.get(name) ?? this.begin(name, run);
    if (attempt instanceof Attempt) {
      if (!attempt.isLive && attempt.record.result === null) this.launch(attempt, { ...attempt.record, run });
      return attempt.wait(started, stop);
    }
    return attempt;
  }

  async stop(key: SliceKey, reason: string): Promise<void> {
    const name = attemptName(key);
    const attempt = this.attempts.get(name);
    // What turned up on this host is meant, and gives way; the asking epoch's own attempt may still start.
    if (attempt !== undefined && isForeign(attempt.record, key)) return this.makeRoom(name, key);
    if (attempt === undefined) {
      const stopped = { ...newRecord(null, key.epoch_started_at), result: cancelledBeforeStart(reason) };
      if (this.doneBefore(name, key) === undefined) this.records.saveDone(name, stopped);
      return;
    }
    if (attempt.record.result === null && !attempt.isLive) this.settle(attempt, cancelledBeforeStart(reason));
    else this.end(attempt, { outcome: "cancelled", reason });
    await attempt.wait(() => {}, this.closing.signal);
  }

  unfinished(): readonly SliceKey[] {
    return [...this.attempts.values()].filter(({ inherited }) => inherited).map(({ key }) => key);
  }

  collected(key: SliceKey): void {
    const name = attemptName(key);
    const attempt = this.attempts.get(name);
    if (attempt === undefined || attempt.record.result === null || isForeign(attempt.record, key)) return;
    this.attempts.delete(name);
    this.guarded("an attempt was not marked as collected", name, () => this.records.finish(name));
  }

  isRunning(key: SliceKey): boolean {
    return this.attempts.get(attemptName(key))?.record.result === null;
  }

  close(): void {
    this.closing.abort(new AuraError("refused", "aurad is stopping; the slice runs on", { fix: "the next aurad takes it over" }));
    this.runs.close();
    for (const attempt of this.attempts.values()) clearTimeout(attempt.timer);
  }

  /** A new attempt, or the result of one that was collected or stopped before. */
  private begin(name: string, run: SliceRun): Attempt | SliceResult {
    const done = this.doneBefore(name, run);
    if (done !== undefined) return done?.result ?? failed(UNREADABLE);
    const attempt = new Attempt(name, newRecord(run), false);
    this.attempts.set(name, attempt);
    return attempt;
  }

  private doneBefore(name: string, key: SliceKey): AttemptRecord | null | undefined {
    const done = this.records.readDone(name);
    return done !== undefined && done !== null && isForeign(done, key) ? undefined : done;
  }

  /** An attempt of an earlier epoch with the same id gives way; nobody will ask for its result. */
  private async makeRoom(name: string, key: SliceKey): Promise<void> {
    for (;;) {
      const attempt = this.attempts.get(name);
      if (attempt === undefined || !isForeign(attempt.record, key)) return;
      await this.stop(attempt.key, "another epoch of the same name has started since");
      this.collected(attempt.key);
    }
  }

  /** The record is on the disk before anything is started: from then on the attempt is never started by another. */
  private launch(attempt: Attempt, record: AttemptRecord): void {
    const { log } = this.options;
    const { name } = attempt;
    const generation = record.generation + 1;
    attempt.record = { ...record, generation, boot_id: bootId(), started_at: new Date().toISOString(), started_ms: monotonicMs() };
    try {
      this.records.save(name, attempt.record);
      const { request, tmux } = prepare(record.run!, name, generation, this.options);
      attempt.isLive = true;
      attempt.isVoid = false;
      this.runs.start(request);
      log.info({ ...fields(name), mode: record.run!.mode }, "slice started");
      if (tmux !== null) log.info({ ...fields(name), attach: tmux.attach }, `slice runs in tmux; look at it with: ${tmux.attach}`);
      this.arm(attempt);
    } catch (error) {
      attempt.isLive = false;
      this.settle(attempt, startFailure(error));
    }
  }

  private arm(attempt: Attempt): void {
    const { run, started_ms } = attempt.record;
    const limit = run!.timeout_s * 1000;
    const left = limit - (monotonicMs() - started_ms);
    attempt.timer = setTimeout(
      () => {
        if (monotonicMs() - started_ms < limit - 1) return this.arm(attempt);
        this.end(attempt, { outcome: "timed_out", reason: `timed out after ${formatDuration(limit)}` });
      },
      Math.min(Math.max(left, 0), TIMER_MOST_MS),
    );
  }

  /** The first reason to end an attempt counts, and is on the disk before its processes hear of it. */
  private end(attempt: Attempt, stopping: NonNullable<AttemptRecord["stopping"]>): void {
    if (attempt.record.result !== null || attempt.record.stopping !== null) return;
    attempt.record = { ...attempt.record, stopping };
    attempt.stopAskedAt = performance.now();
    this.guarded("why a slice is stopped was not recorded", attempt.name, () => this.records.save(attempt.name, attempt.record));
    this.terminate(attempt);
  }

  private terminate(attempt: Attempt): void {
    clearTimeout(attempt.timer);
    this.runs.terminate(attempt.name, "SIGTERM", KILL_AFTER_MS);
  }

  private exited(attempt: Attempt, exit: Exit, note?: string): void {
    const { record } = attempt;
    const stopMs = attempt.stopAskedAt === undefined ? undefined : performance.now() - attempt.stopAskedAt;
    const ms = ranMs(record, this.files.exitPath(attempt.name, record.generation));
    this.settle(attempt, record.stopping === null ? endResult(exit, ms, note) : stopResult(record, exit, stopMs, ms, note));
  }

  /** The result is on the disk before the run's own files go, and told once nothing of the run is left. */
  private settle(attempt: Attempt, result: SliceResult): void {
    const { name } = attempt;
    clearTimeout(attempt.timer);
    attempt.record = { ...attempt.record, result };
    this.guarded("the result of a slice was not recorded", name, () => this.records.save(name, attempt.record));
    this.options.log.info(
      { ...fields(name), outcome: result.outcome, exit_status: result.exit_status, reason: result.reason },
      "slice ended",
    );
    this.tellOnceGone(attempt, result);
  }

  private tellOnceGone(attempt: Attempt, result: SliceResult): void {
    void this.clearUp(attempt).then(() => attempt.resolve(result));
  }

  private async clearUp({ name, record, isVoid }: Attempt): Promise<void> {
    if (record.generation > 0 && !isVoid) await this.runs.end({ service: name, generation: record.generation });
    this.guarded("the fifos of a slice were not removed", name, () =>
      rmSync(paneDir(this.options.dir, name), { recursive: true, force: true }),
    );
  }

  private takeOver(): void {
    const live = this.runs.live();
    const records = this.records.load();
    for (const [name, record] of records) {
      const attempt = new Attempt(name, record ?? newRecord(null), true);
      this.attempts.set(name, attempt);
      if (record === null) this.settle(attempt, failed(UNREADABLE));
      else this.resume(attempt);
    }
    for (const run of live) {
      const record = this.attempts.get(run.service)?.record;
      if (record?.generation === run.generation && record.boot_id === bootId()) continue;
      this.options.log.warn(
        { ...fields(run.service), generation: run.generation },
        "ending processes of a slice that is over or that no record knows",
      );
      void this.runs.end(run);
    }
    this.runs.tidy([...this.attempts.values()].flatMap(({ name, record }) => generations(name, record)));
  }

  private resume(attempt: Attempt): void {
    const { name, record } = attempt;
    if (record.result !== null) return this.tellOnceGone(attempt, record.result);
    if (record.boot_id !== bootId()) return this.rebooted(attempt);
    // Not `seen`: what carries the mark may be a shim that has not claimed yet, and now never will.
    const found = this.runs.adopt({ service: name, generation: record.generation }, false);
    if (found.found === "void") {
      attempt.isVoid = true;
      if (record.stopping !== null) this.settle(attempt, cancelledBeforeStart(record.stopping.reason));
      return;
    }
    attempt.isLive = true;
    if (found.found === "ended") return; // `exited` follows
    this.options.log.info({ ...fields(name), pid: found.pid }, "slice adopted");
    attempt.runsAs(found.pid);
    if (record.stopping === null) this.arm(attempt);
    else this.terminate(attempt);
  }

  private rebooted(attempt: Attempt): void {
    const { name, record } = attempt;
    const status = this.files.exitStatus(name, record.generation);
    if (status !== null) return this.exited(attempt, { status, known: true }, "the host was rebooted since");
    this.settle(attempt, rebootResult(record));
  }

  private current(name: string, generation: number): Attempt | undefined {
    const attempt = this.attempts.get(name);
    return attempt?.record.generation === generation && attempt.record.result === null ? attempt : undefined;
  }

  /** A full disk must not keep a result from being told. */
  private guarded(message: string, name: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.options.log.warn({ ...fields(name), error: (error as Error).message }, message);
    }
  }
}

/** An attempt in log records. */
function fields(name: string): { epoch: string; slice: string; attempt: number } {
  const { epoch_id, slice_id, attempt } = keyOf(name);
  return { epoch: epoch_id, slice: slice_id, attempt };
}
