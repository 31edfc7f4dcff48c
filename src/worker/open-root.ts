import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { RootSetting } from "../host/root-settings.js";
import type { HeadPoll, ListHeads, PolledRoot } from "../monitors/head-poll.js";
import { RootWaker } from "../monitors/root-waker.js";
import { RootWatcher } from "../monitors/root-watcher.js";
import { asAuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";
import type { RootStatus, TickRecord } from "../sync/control.js";
import type { RootEngine, SeenHeads } from "../sync/engine-port.js";
import type { WatcherPort } from "../sync/ports.js";
import { rootStatus } from "../sync/root-status.js";
import { tickEnd, tickRecord, tickStart, type TickLine } from "../sync/tick-record.js";
import { TickRing } from "../sync/tick-ring.js";
import type { TickProgress, TickRequest } from "../sync/tick.js";
import type { RootAttach } from "../workflows/root-messages.js";
import { isGone } from "./host-line.js";
import type { RootSignals } from "./root-signals.js";

/** What all roots of this host share. */
export interface RootWorld {
  readonly watcher: WatcherPort;
  readonly heads: HeadPoll;
  /** How the heads of a root are listed, and what other roots have to share to share it. */
  readonly headsOf: (engine: RootEngine) => { readonly key: string; readonly list: ListHeads };
  readonly log: Log;
  /** For the records of ticks. */
  readonly ticks: Log;
}

export interface RootWays {
  readonly debounceMs: number;
  readonly fallback: "fail" | "poll";
  /** Ticks remembered; 0: only the last. */
  readonly history: number;
}

/** One root that this aurad keeps in step: its engine, what watches it, and the way to its workflow. */
export class OpenRoot {
  readonly ring: TickRing;
  progress: TickProgress | null = null;
  private readonly boot = randomUUID();
  private readonly waker: RootWaker;
  private readonly aborting = new AbortController();
  private watcher: RootWatcher | undefined;
  private polled: PolledRoot | undefined;
  private signals: RootSignals | undefined;
  private isAttached = false;
  private readonly running = new Set<Promise<TickRecord>>();
  private endedAt: number | null = null;

  private constructor(
    private settings: RootSetting,
    readonly engine: RootEngine,
    private readonly world: RootWorld,
    { history }: RootWays,
  ) {
    this.ring = new TickRing(history);
    this.waker = new RootWaker((wake) => this.tell(wake), world.log);
  }

  /** Watches and polls from here on; ticks once it is connected. Rejects with AuraError `watcher_failed`; the engine is the caller's then. */
  static async open(setting: RootSetting, engine: RootEngine, world: RootWorld, ways: RootWays): Promise<OpenRoot> {
    const root = new OpenRoot(setting, engine, world, ways);
    await root.watch(ways);
    root.poll();
    return root;
  }

  get id(): string {
    return this.engine.identity.rootId;
  }

  get setting(): RootSetting {
    return this.settings;
  }

  get status(): RootStatus {
    const { rootId, deviceId, mode } = this.engine.identity;
    const { path, intervalMs } = this.settings;
    return rootStatus({
      ...{ rootId, deviceId, path, mode, intervalMs },
      last: this.ring.lastReal,
      ticking: this.running.size > 0,
      watcher: this.watcher?.mode ?? "none",
      dueAt: this.endedAt === null ? null : this.endedAt + intervalMs,
    });
  }

  /** A new connection: the workflow is told that the root is here, and whatever waited. */
  connected(signals: RootSignals): void {
    this.signals = signals;
    this.attachAnew();
  }

  setInterval(intervalMs: number): void {
    if (intervalMs === this.settings.intervalMs) return;
    this.settings = { ...this.settings, intervalMs };
    this.attachAnew();
  }

  /** The workflow was lost: the next one begins with the truth of this moment. */
  async attachNow(): Promise<void> {
    if (this.signals !== undefined) await this.attach(this.signals);
  }

  private attachAnew(): void {
    this.isAttached = false;
    if (this.signals !== undefined) this.waker.announce();
  }

  async rewatch(ways: RootWays): Promise<void> {
    await this.watcher?.close();
    this.watcher = undefined;
    await this.watch(ways);
    // What changed in between nobody has seen.
    this.waker.wake({ trigger: "watcher" });
  }

  /** Never rejects. */
  async tick(index: number, request: TickRequest, unwanted: AbortSignal): Promise<TickRecord> {
    const tick = this.tickNow(index, request, unwanted);
    this.running.add(tick);
    return tick.finally(() => this.running.delete(tick));
  }

  private async tickNow(index: number, request: TickRequest, unwanted: AbortSignal): Promise<TickRecord> {
    const times = { index, trigger: request.trigger, startedAt: Date.now() };
    const began = performance.now();
    this.write(tickStart(this.id, times));
    this.waker.tickBegan();
    this.polled?.tickBegan();
    const signal = AbortSignal.any([unwanted, this.aborting.signal]);
    const outcome = await this.engine
      .tick(request, (progress) => (this.progress = progress), signal)
      .catch((error: unknown) => ({ kind: "error" as const, code: "internal", message: asAuraError(error).message }));
    const record = tickRecord({ ...times, durationMs: performance.now() - began }, outcome);
    this.progress = null;
    if (request.dryRun !== true) this.endedAt = Date.now();
    this.ring.add(record);
    this.write(tickEnd(this.id, record));
    this.polled?.tickEnded();
    this.waker.tickEnded();
    return record;
  }

  /** The tick that runs ends soon. */
  abort(): void {
    this.aborting.abort();
  }

  /** No further calls for ticks; one that runs goes on. */
  async quiet(): Promise<void> {
    this.waker.close();
    this.polled?.close();
    await this.watcher?.close();
  }

  /** A tick that runs ends at a point where nothing is half done. */
  async close(): Promise<void> {
    await this.quiet();
    this.abort();
    await Promise.all(this.running);
    await this.engine.close();
  }

  /** To be called once it is none of this host's roots any more. */
  async removed(): Promise<void> {
    await this.signals?.removed(this.id).catch(() => {}); // its next tick finds that out
  }

  private async watch({ debounceMs, fallback }: RootWays): Promise<void> {
    const { path } = this.settings;
    const ignore = join(path, ".aura/ignore");
    const request = { path, debounceMs, fallback, isIgnored: (at: string, isDir: boolean) => this.engine.isIgnored(at, isDir) };
    this.watcher = await RootWatcher.open(
      this.world.watcher,
      request,
      {
        wake: (wake) => this.waker.wake(wake),
        ignoreStamp: () => textOf(ignore),
        reloadIgnore: () => this.engine.reloadIgnore(),
      },
      this.world.log,
    );
  }

  private poll(): void {
    const { identity } = this.engine;
    if (identity.mode === "push") return;
    const { key, list } = this.world.headsOf(this.engine);
    this.polled = this.world.heads.subscribe(key, list, {
      deviceId: identity.deviceId,
      known: () => this.seenHeads(),
      isOffline: () => this.ring.lastReal?.outcome === "skip",
      wake: (wake) => this.waker.wake(wake),
    });
  }

  /** An engine that cannot say has read none. */
  private async seenHeads(): Promise<SeenHeads> {
    try {
      return (await this.engine.seenHeads?.()) ?? {};
    } catch {
      return {};
    }
  }

  private async tell(wake: Parameters<RootSignals["wake"]>[1] | null): Promise<void> {
    const { signals } = this;
    // Not connected yet: told with the first connection.
    if (signals === undefined) throw new Error("aurad has no connection to Temporal");
    if (!this.isAttached) await this.attach(signals);
    if (wake === null) return;
    await signals.wake(this.id, wake).catch(async (error: unknown) => {
      if (!isGone(error)) throw error;
      await this.attach(signals);
      await signals.wake(this.id, wake);
    });
  }

  private async attach(signals: RootSignals): Promise<void> {
    const { deviceId: device_id, mode } = this.engine.identity;
    const { path, intervalMs: interval_ms } = this.settings;
    const attach: RootAttach = { boot: this.boot, device_id, path, mode, interval_ms, watcher: this.watcher?.mode ?? "none" };
    await signals.attach(this.id, attach);
    this.isAttached = this.signals === signals;
  }

  private write({ level, event, fields }: TickLine): void {
    this.world.ticks[level](fields, event);
  }
}

/** Small; and two rules that were saved within one tick of the clock differ in nothing but their text. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
