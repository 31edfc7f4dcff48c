import type { Client } from "@temporalio/client";
import type { SyncRootPorts } from "../activities/sync-root.js";
import { rootNamed } from "../api/root-names.js";
import type { Home } from "../adapters/home/home.js";
import type { RootSetting } from "../host/root-settings.js";
import type { Settings } from "../host/settings.js";
import { HeadPoll } from "../monitors/head-poll.js";
import { asAuraError, AuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";
import type { TickRecord } from "../sync/control.js";
import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "../sync/engine-port.js";
import type { RootLimits } from "../sync/root.js";
import type { TickRequest } from "../sync/tick.js";
import { AfterTicks } from "./after-ticks.js";
import { OpenRoot, type RootWays, type RootWorld } from "./open-root.js";
import type { RootAdapters } from "./root-adapters.js";
import { RootSignals } from "./root-signals.js";

export interface HostRootsOptions {
  readonly home: Home;
  readonly settings: Settings;
  readonly log: Log;
  /** For the records of ticks. */
  readonly ticks: Log;
  /** Instead of the real ones. */
  readonly adapters?: RootAdapters;
}

/** The sync roots of this host. Loaded only where there are any. */
export class HostRoots implements SyncRootPorts {
  private readonly roots = new Map<string, OpenRoot>();
  private readonly world: RootWorld;
  private signals: RootSignals | undefined;
  private changing: Promise<void> = Promise.resolve();
  private ways: RootWays;
  private readonly afterTicks: AfterTicks;

  private constructor(
    private readonly options: HostRootsOptions,
    private readonly adapters: RootAdapters,
  ) {
    const { settings, log, ticks } = options;
    const heads = new HeadPoll(paceOf(settings), log);
    this.ways = waysOf(settings);
    const { watcher, headsOf } = adapters;
    this.afterTicks = new AfterTicks(adapters.trimMemory);
    this.world = { watcher, headsOf, heads, log, ticks };
  }

  /** All of them or none: rejects with AuraError `config_invalid`, `bootstrap_failed`, `root_missing`, `state_unreadable`, `watcher_failed`. */
  static async open(options: HostRootsOptions): Promise<HostRoots> {
    const { home, log } = options;
    const roots = new HostRoots(options, options.adapters ?? (await import("./root-adapters.js")).rootAdapters(home, log));
    try {
      await roots.add(options.settings.roots);
      return roots;
    } catch (error) {
      await roots.close();
      throw error;
    }
  }

  /** In the order of their ids. */
  all(): readonly OpenRoot[] {
    return [...this.roots.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** By id or path. Throws AuraError `not_found`. */
  named(root: string): OpenRoot {
    const { root_id } = rootNamed(
      root,
      this.all().map(({ status }) => status),
      this.options.settings.host,
    );
    return this.roots.get(root_id)!;
  }

  /** With every new connection. */
  connected(client: Client, unregistered: readonly string[]): void {
    this.signals = new RootSignals(client, this.options.settings.host, unregistered);
    for (const root of this.roots.values()) root.connected(this.signals);
  }

  /** What `aura.toml` says now: one change after the other. Never rejects; a root that cannot be opened is told, and left out. */
  change(settings: Settings): Promise<void> {
    return (this.changing = this.changing.then(() => this.changeNow(settings)).catch((error: unknown) => this.failed(error)));
  }

  async tick(rootId: string, index: number, request: TickRequest, signal: AbortSignal): Promise<TickRecord | null> {
    // It may be closed for a moment, to be opened with other limits.
    if (!this.roots.has(rootId)) await this.changing;
    const record = await this.roots.get(rootId)?.tick(index, request, signal);
    this.afterTicks.ticked();
    return record ?? null;
  }

  async restore(rootId: string, path: string, at: RestorePoint): Promise<RestoreReport> {
    const { engine, id } = this.named(rootId);
    const report = await engine.restore(path, at);
    this.options.log.info({ root: id, path, manifest: report.manifest, files: report.restored.length }, "restored");
    return report;
  }

  async gc(rootId: string, gc: { readonly apply: boolean; readonly windowMs: number; readonly historyMs: number }): Promise<GcReport> {
    const { engine, id } = this.named(rootId);
    const report = await engine.gc(gc);
    const { deleted, bytes, objects } = report;
    if (deleted) this.options.log.info({ root: id, objects: objects.length, bytes }, "content that nothing needs was deleted");
    return report;
  }

  async verify(rootId: string, options: { readonly repair: boolean }): Promise<VerifyReport> {
    const { engine, id } = this.named(rootId);
    const report = await engine.verify(options);
    const { bad, objects } = report;
    this.options.log[bad.length === 0 ? "info" : "warn"]({ root: id, objects, bad: bad.length }, "content was read back and checked");
    return report;
  }

  log(rootId: string, limit: number): Promise<readonly ManifestInfo[]> {
    return this.named(rootId).engine.log(limit);
  }

  /** No further ticks are called for; those that run go on. */
  async quiet(): Promise<void> {
    await this.changing;
    this.world.heads.close();
    await Promise.all([...this.roots.values()].map((root) => root.quiet()));
  }

  /** Ticks that run end soon. */
  abort(): void {
    for (const root of this.roots.values()) root.abort();
  }

  async close(): Promise<void> {
    await this.changing;
    this.world.heads.close();
    await Promise.allSettled([...this.roots.values()].map((root) => root.close()));
    this.afterTicks.close();
    this.roots.clear();
    await this.adapters.close();
  }

  /** Opens all of them, or none. */
  private async add(settings: readonly RootSetting[]): Promise<void> {
    const { ticks } = this.options;
    this.adapters.bootstrap(
      settings.map(({ path, init }) => ({ path, ...(init !== null && { init }) })),
      ticks,
    );
    const opened: OpenRoot[] = [];
    try {
      for (const setting of settings) opened.push(await this.openOne(setting, opened));
    } catch (error) {
      await Promise.allSettled(opened.map((root) => root.close()));
      throw error;
    }
    for (const root of opened) {
      this.roots.set(root.id, root);
      if (this.signals !== undefined) root.connected(this.signals);
    }
  }

  private async openOne(setting: RootSetting, others: readonly OpenRoot[]): Promise<OpenRoot> {
    const engine = await this.adapters.engines.open({ path: setting.path, limits: setting.limits });
    try {
      const { rootId } = engine.identity;
      const twin = this.roots.get(rootId) ?? others.find(({ id }) => id === rootId);
      if (twin !== undefined) {
        throw new AuraError("config_invalid", `${setting.path} and ${twin.setting.path} are both the root ${rootId}`, {
          fix: "a host keeps each root in one folder: take one of the two out",
        });
      }
      return await OpenRoot.open(setting, engine, this.world, this.ways);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  private async changeNow(settings: Settings): Promise<void> {
    const ways = waysOf(settings);
    const isWatchedAnew = ways.debounceMs !== this.ways.debounceMs || ways.fallback !== this.ways.fallback;
    this.ways = ways;
    const wanted = new Map(settings.roots.map((root) => [root.path, root]));
    const anew: RootSetting[] = [];
    for (const root of this.roots.values()) {
      const setting = wanted.get(root.setting.path);
      wanted.delete(root.setting.path);
      if (setting === undefined) await this.remove(root);
      else if (!sameLimits(setting.limits, root.setting.limits)) anew.push(await this.letGo(root, setting));
      else root.setInterval(setting.intervalMs);
    }
    this.world.heads.setPace(paceOf(settings));
    for (const root of this.roots.values()) {
      root.ring.resize(ways.history);
      if (isWatchedAnew) await root.rewatch(ways).catch((error: unknown) => this.failed(error));
    }
    for (const setting of [...anew, ...wanted.values()]) await this.add([setting]).catch((error: unknown) => this.failed(error));
  }

  private async remove(root: OpenRoot): Promise<void> {
    this.roots.delete(root.id);
    await root.removed();
    await root.close();
    this.options.log.info({ root: root.id, path: root.setting.path }, "sync root taken out");
  }

  private async letGo(root: OpenRoot, setting: RootSetting): Promise<RootSetting> {
    this.roots.delete(root.id);
    await root.close();
    return setting;
  }

  private failed(error: unknown): void {
    this.options.log.error({ error: asAuraError(error).line }, "a sync root cannot be kept in step; everything else goes on");
  }
}

function paceOf({ headPollIntervalMs, headPollMaxIntervalMs }: Settings): { baseMs: number; maxMs: number } {
  return { baseMs: headPollIntervalMs, maxMs: headPollMaxIntervalMs };
}

/** Without the status listener nobody asks for more than the last tick. */
function waysOf({ watcherDebounceMs, watcherFallback, statusApi, statusTickHistory }: Settings): RootWays {
  return { debounceMs: watcherDebounceMs, fallback: watcherFallback, history: statusApi ? statusTickHistory : 0 };
}

function sameLimits(a: RootLimits, b: RootLimits): boolean {
  return (Object.keys(a) as (keyof RootLimits)[]).every((key) => a[key] === b[key]);
}
