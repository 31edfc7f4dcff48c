import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RootSetting } from "../../src/host/root-settings.js";
import { resolveSettings, type Settings } from "../../src/host/settings.js";
import type { ListHeads } from "../../src/monitors/head-poll.js";
import type { AuraError } from "../../src/shared/errors.js";
import type { Log, LogFields } from "../../src/shared/log.js";
import type { EnginePort, RootEngine, SeenHeads } from "../../src/sync/engine-port.js";
import type { WatcherPort, WatchRequest } from "../../src/sync/ports.js";
import type { RootIdentity } from "../../src/sync/root.js";
import type { TickOutcome, TickProgress, TickRequest } from "../../src/sync/tick.js";
import { HostRoots } from "../../src/worker/host-roots.js";
import type { RootAdapters } from "../../src/worker/root-adapters.js";
import type { Home } from "../../src/adapters/home/home.js";
import { makeReport } from "../sync/make-record.js";

type Opened = Parameters<EnginePort["open"]>[0];

/** An engine whose ticks come to what the test says. */
export class ScriptedEngine implements RootEngine {
  readonly ticked: TickRequest[] = [];
  closed = false;
  ignoreReads = 0;
  seen: SeenHeads = {};
  tickNow: (request: TickRequest, tell: (progress: TickProgress) => void, signal: AbortSignal) => Promise<TickOutcome> = async (
    request,
  ) => ({
    kind: "ok",
    report: makeReport({ root_id: this.identity.rootId, dry_run: request.dryRun === true }),
  });

  constructor(
    readonly identity: RootIdentity,
    readonly opened: Opened,
  ) {}

  tick(
    request: TickRequest,
    tell: (progress: TickProgress) => void = () => {},
    signal = new AbortController().signal,
  ): Promise<TickOutcome> {
    this.ticked.push(request);
    return this.tickNow(request, tell, signal);
  }

  isIgnored(path: string): boolean {
    return path.endsWith(".tmp");
  }

  reloadIgnore(): void {
    this.ignoreReads += 1;
  }

  seenHeads(): SeenHeads {
    return this.seen;
  }

  log: RootEngine["log"] = async (limit) =>
    Array.from({ length: Math.min(limit, 30) }, (_, n) => ({ id: `m${n}`, device: "laptop", timeMs: n, seq: n }));
  restore: RootEngine["restore"] = async (path) => ({ manifest: "m0", restored: [path], unchanged: 0 });
  gc: RootEngine["gc"] = async ({ apply }) => ({ objects: [{ key: "packs/x", size: 5 }], bytes: 5, uploads: 0, deleted: apply });
  verify: RootEngine["verify"] = async () => ({ objects: 1, bytes: 5, bad: [] });

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** The folders, watchers, buckets and records of a host in a test. */
export class ScriptedWorld {
  readonly dir = mkdtempSync(join(tmpdir(), "aura-roots-"));
  readonly engines: ScriptedEngine[] = [];
  readonly watches: { request: WatchRequest; tell: (folders: readonly string[] | "all") => void; closed: boolean }[] = [];
  readonly bootstrapped: string[] = [];
  readonly records: LogFields[] = [];
  readonly said: { level: string; msg: string; fields: LogFields }[] = [];
  heads: Record<string, string> = {};
  lists = 0;
  /** Paths that cannot be opened, or not be watched. */
  readonly broken = new Map<string, AuraError>();
  readonly unwatchable = new Map<string, AuraError>();

  readonly ticks: Log = this.logTo((level, fields, msg) => this.records.push({ level, msg, ...fields }));
  readonly log: Log = this.logTo((level, fields, msg) => this.said.push({ level, msg, fields }));

  private readonly list: ListHeads = async () => {
    this.lists += 1;
    return { ...this.heads };
  };

  private readonly watcher: WatcherPort = {
    watch: async (request, tell) => {
      const failure = this.unwatchable.get(request.path);
      if (failure !== undefined) throw failure;
      const watch = { request, tell, closed: false };
      this.watches.push(watch);
      return { refresh: async () => {}, close: async () => void (watch.closed = true), mode: "events" as const };
    },
  };

  readonly adapters: RootAdapters = {
    engines: { open: async (opened) => this.openEngine(opened) },
    watcher: this.watcher,
    bootstrap: (entries) => this.bootstrapped.push(...entries.filter(({ init }) => init !== undefined).map(({ path }) => path)),
    headsOf: ({ identity }) => ({ key: identity.rootId, list: this.list }),
    trimMemory: () => {},
    close: async () => {},
  };

  /** A folder with an `.aura/ignore`; its id is its name. */
  folder(name: string, ignore = ""): string {
    const path = join(this.dir, name);
    mkdirSync(join(path, ".aura"), { recursive: true });
    writeFileSync(join(path, ".aura/ignore"), ignore);
    return path;
  }

  setting(path: string, more: Partial<RootSetting> = {}): RootSetting {
    const limits = { uploadLimit: null, downloadLimit: null, maxTransfers: 8, maxDelete: 0.5, trashDays: 30 };
    return { path, intervalMs: 300_000, limits, init: null, ...more };
  }

  settings(roots: readonly RootSetting[], more: Partial<Settings> = {}): Settings {
    const defaults = { osHostName: "laptop", auditDb: "/d/audit.db", home: "/h", cwd: "/" };
    return { ...resolveSettings({ flags: {}, env: {}, config: {}, defaults }), roots, ...more };
  }

  open(roots: readonly RootSetting[], more: Partial<Settings> = {}): Promise<HostRoots> {
    const settings = this.settings(roots, more);
    return HostRoots.open({ home: {} as Home, settings, log: this.log, ticks: this.ticks, adapters: this.adapters });
  }

  engine(name: string): ScriptedEngine {
    return this.engines.findLast(({ opened }) => opened.path.endsWith(`/${name}`))!;
  }

  end(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private openEngine(opened: Opened): RootEngine {
    const failure = this.broken.get(opened.path);
    if (failure !== undefined) throw failure;
    const rootId = opened.path
      .split("/")
      .at(-1)!
      .replace(/-again$/, "");
    const identity: RootIdentity = {
      rootId,
      deviceId: "laptop",
      mode: rootId.startsWith("push") ? "push" : "bidirectional",
      remote: { bucket: "b", pathStyle: false },
    };
    const engine = new ScriptedEngine(identity, opened);
    this.engines.push(engine);
    return engine;
  }

  private logTo(write: (level: string, fields: LogFields, msg: string) => void): Log {
    const at = (level: string) => (fields: LogFields, msg: string) => write(level, fields, msg);
    return { trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }
}

/** The client of a workflow that remembers what it was told. */
export class ScriptedClient {
  readonly told: { workflowId: string; signal: string; arg: unknown }[] = [];
  away = false;

  /** As much of the SDK's client as signals need. */
  get client(): never {
    const told = (workflowId: string, signal: string, arg: unknown): void => {
      if (this.away) throw new Error("deadline exceeded");
      this.told.push({ workflowId, signal, arg });
    };
    return {
      options: { namespace: "default" },
      connection: { withDeadline: async (_: number, call: () => Promise<unknown>) => call() },
      workflowService: { resetStickyTaskQueue: async () => ({}) },
      workflow: {
        signalWithStart: async (
          _: string,
          { workflowId, signal, signalArgs }: { workflowId: string; signal: { name: string }; signalArgs: unknown[] },
        ) => told(workflowId, signal.name, signalArgs[0]),
        getHandle: (workflowId: string) => ({
          signal: async (signal: { name: string }, arg: unknown) => told(workflowId, signal.name, arg),
        }),
      },
    } as never;
  }

  signals(name: string): unknown[] {
    return this.told.filter(({ signal }) => signal === name).map(({ arg }) => arg);
  }
}
