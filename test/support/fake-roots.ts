import type { RootsControl, RootStatus, TickRecord } from "../../src/sync/control.js";
import type { GcReport, ManifestInfo, RestorePoint, RestoreReport, VerifyReport } from "../../src/sync/engine-port.js";
import { rootStatus } from "../../src/sync/root-status.js";
import type { SyncReport, TickProgress, TickRequest } from "../../src/sync/tick.js";
import { AuraError } from "../../src/shared/errors.js";
import { makeReport } from "../sync/make-record.js";

/** What a tick comes to: part of a report, or that it was skipped or failed. */
export type FakeTick = Partial<SyncReport> | { readonly offline: string } | { readonly error: string };

export interface FakeRoot {
  readonly rootId: string;
  readonly path: string;
  readonly mode?: RootStatus["mode"];
  /** What its ticks come to, one after the other; in sync with nothing to do when there are no more. */
  readonly ticks?: readonly FakeTick[];
  readonly manifests?: readonly ManifestInfo[];
  readonly gc?: Partial<GcReport>;
  readonly verify?: VerifyReport;
  readonly restore?: Partial<RestoreReport>;
  /** Told while a tick runs. */
  readonly progress?: TickProgress;
  readonly watcher?: RootStatus["watcher"];
}

interface Entry {
  readonly spec: FakeRoot;
  readonly coming: FakeTick[];
  readonly ticks: TickRecord[];
  ticking: boolean;
}

type Call = readonly [method: string, root: string, ...args: readonly unknown[]];

/** The roots of one host in memory: their ticks come to what a test says. */
export class FakeRoots implements RootsControl {
  /** What was asked for, newest last. */
  readonly calls: Call[] = [];
  /** Ticks wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly #entries = new Map<string, Entry>();
  readonly #device: string;
  #now = Date.UTC(2026, 0, 2, 3, 4, 5);

  constructor(device = "laptop") {
    this.#device = device;
  }

  add(spec: FakeRoot): this {
    this.#entries.set(spec.rootId, { spec, coming: [...(spec.ticks ?? [])], ticks: [], ticking: false });
    return this;
  }

  async list(): Promise<readonly RootStatus[]> {
    return [...this.#entries.values()].map((entry) => this.#status(entry));
  }

  async get(root: string): Promise<RootStatus & { readonly recent_ticks: readonly TickRecord[] }> {
    const entry = this.#entry(root);
    return { ...this.#status(entry), recent_ticks: entry.ticks.slice(-10) };
  }

  async ticks(root: string, limit: number): Promise<readonly TickRecord[]> {
    return this.#entry(root).ticks.slice(-limit);
  }

  async sync(root: string, request: Omit<TickRequest, "trigger" | "folders">): Promise<TickRecord> {
    const entry = this.#entry(root);
    this.calls.push(["sync", root, request]);
    entry.ticking = true;
    await this.gate;
    entry.ticking = false;
    const record = this.#record(entry, entry.coming.shift() ?? {}, request.dryRun === true);
    if (request.dryRun !== true) entry.ticks.push(record);
    return record;
  }

  async progress(root: string): Promise<TickProgress | null> {
    const { ticking, spec } = this.#entry(root);
    return ticking ? (spec.progress ?? null) : null;
  }

  async log(root: string, limit: number): Promise<readonly ManifestInfo[]> {
    this.calls.push(["log", root, limit]);
    return (this.#entry(root).spec.manifests ?? []).slice(0, limit);
  }

  async restore(root: string, path: string, at: RestorePoint): Promise<RestoreReport> {
    this.calls.push(["restore", root, path, at]);
    const manifest = "manifest" in at ? at.manifest : "20260102T030405000Z-laptop-0000000007-0123456789abcdef";
    return { manifest, restored: [path], unchanged: 0, ...this.#entry(root).spec.restore };
  }

  async gc(root: string, options: { readonly apply: boolean; readonly windowMs: number; readonly historyMs: number }): Promise<GcReport> {
    this.calls.push(["gc", root, options]);
    return { objects: [], bytes: 0, uploads: 0, deleted: options.apply, ...this.#entry(root).spec.gc };
  }

  async verify(root: string, options: { readonly repair: boolean }): Promise<VerifyReport> {
    this.calls.push(["verify", root, options]);
    const report = this.#entry(root).spec.verify ?? { objects: 3, bytes: 4096, bad: [] };
    return { ...report, bad: report.bad.map((one) => ({ ...one, repaired: one.repaired && options.repair })) };
  }

  #entry(root: string): Entry {
    const entry = this.#entries.get(root) ?? [...this.#entries.values()].find(({ spec }) => spec.path === root);
    if (entry === undefined)
      throw new AuraError("not_found", `there is no root ${root}`, { fix: "see the roots with: aura-msg root list" });
    return entry;
  }

  #status({ spec, ticks, ticking }: Entry): RootStatus {
    const { rootId, path, mode = "bidirectional", watcher = "events" } = spec;
    const last = ticks.at(-1) ?? null;
    return rootStatus({ rootId, deviceId: this.#device, path, mode, last, ticking, watcher, intervalMs: 300_000, dueAt: null });
  }

  #record({ spec, ticks }: Entry, tick: FakeTick, dryRun: boolean): TickRecord {
    this.#now += 60_000;
    const told = {
      tick_index: ticks.length,
      trigger: "manual",
      started_at: new Date(this.#now).toISOString(),
      duration_ms: 147,
    } as const;
    if ("offline" in tick) return { ...told, outcome: "skip", reason: "offline", detail: tick.offline };
    if ("error" in tick) return { ...told, outcome: "error", error: tick.error };
    return {
      ...told,
      outcome: "ok",
      sync: makeReport({ root_id: spec.rootId, device_id: this.#device, uploaded: { files: 0, bytes: 0 }, dry_run: dryRun, ...tick }),
    };
  }
}
