import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { openRootFolder, type RootFolderOptions } from "../../src/adapters/roots/root-folder.js";
import { initRoot } from "../../src/adapters/roots/root-file.js";
import { createFaultyStore, type FaultyOptions } from "../../src/adapters/s3/faulty.js";
import { createMemoryStore } from "../../src/adapters/s3/memory.js";
import { MemoryBucket } from "../../src/adapters/s3/memory-bucket.js";
import { openEngine } from "../../src/adapters/sync/engine.js";
import { openState } from "../../src/adapters/sync/state/state.js";
import type { RootState } from "../../src/adapters/sync/state/state.js";
import { silentLog } from "../../src/shared/log.js";
import type { RootEngine } from "../../src/sync/engine-port.js";
import type { ObjectStore, RootFolder } from "../../src/sync/ports.js";
import type { RootIdentity, RootLimits, RootMode } from "../../src/sync/root.js";
import type { SyncReport, TickRequest } from "../../src/sync/tick.js";
import { Killed, Killer } from "./killer.js";

export const ROOT_ID = "photos";

export interface DeviceOptions {
  readonly mode?: RootMode;
  readonly limits?: Partial<RootLimits>;
  readonly folder?: RootFolderOptions;
  readonly now?: () => number;
  /** Bytes of the parts of a multipart upload. */
  readonly minPartSize?: number;
  /** Bytes; 16 MiB, so that small files show what large ones do. */
  readonly partsAbove?: number;
}

/** A tree as a person sees it: file content with `x ` before what is executable, `-> TARGET`, or `dir`. */
export type Tree = Record<string, string>;

export interface RigOptions {
  /** Of one device that opens; instead of a bucket in memory. */
  readonly store?: (limits: RootLimits) => ObjectStore;
  /** On a disk in memory, where there is one: thousands of ticks do not wait for fsync then. */
  readonly inMemory?: boolean;
}

const MEMORY_DISK = "/dev/shm";

/** Several devices with real folders and databases under one bucket. */
export class Rig {
  /** Not of a rig with a store of its own. */
  readonly bucket = new MemoryBucket();
  readonly home: string;
  readonly devices: Device[] = [];

  constructor(private readonly options: RigOptions = {}) {
    const disk = options.inMemory === true && existsSync(MEMORY_DISK) ? MEMORY_DISK : tmpdir();
    this.home = mkdtempSync(join(disk, "aura-engine-"));
  }

  store(limits: RootLimits, minPartSize: number | undefined): ObjectStore {
    if (this.options.store !== undefined) return this.options.store(limits);
    return createMemoryStore({
      bucket: this.bucket,
      prefix: `roots/${ROOT_ID}/`,
      maxTransfers: limits.maxTransfers,
      ...(minPartSize === undefined ? {} : { minPartSize }),
    });
  }

  device(name: string, options: DeviceOptions = {}, machine = name): Device {
    const device = new Device(this, name, options, machine);
    this.devices.push(device);
    return device;
  }

  /** It never ticks again. */
  async leave(device: Device): Promise<void> {
    await device.close();
    this.devices.splice(this.devices.indexOf(device), 1);
  }

  async remove(): Promise<void> {
    for (const device of this.devices) await device.close();
    if (!existsSync(this.home)) return;
    restoreRights(this.home);
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Ticks until nobody has anything to do. */
  async settle(rounds = 12): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      let quiet = true;
      for (const device of this.devices) {
        const report = await device.tick({ trigger: "interval" });
        if (!report.in_sync || (report.requests["PutObject"] ?? 0) > 0 || (report.requests["GetObject"] ?? 0) > 0) quiet = false;
      }
      if (quiet) return;
    }
    throw new Error("the devices do not come to rest");
  }

  /** An object of the root as text. */
  text(key: string): string {
    const { body } = this.bucket.find(`roots/${ROOT_ID}/${key}`);
    return (key.endsWith(".gz") ? gunzipSync(body) : Buffer.from(body)).toString("utf8");
  }

  /** What a device's head names, its first line. */
  newestManifest(device: Device): {
    readonly bases: readonly string[];
    readonly seq: number;
    readonly entries: number;
    readonly parent: string | null;
  } {
    const { manifest } = JSON.parse(this.text(`devices/${device.name}/head.json`)) as { manifest: string };
    return JSON.parse(this.text(manifest).split("\n")[0]!) as ReturnType<Rig["newestManifest"]>;
  }

  keys(prefix = ""): string[] {
    return [...this.bucket.objects.keys()]
      .filter((key) => key.startsWith(`roots/${ROOT_ID}/${prefix}`))
      .map((key) => key.slice(ROOT_ID.length + 7));
  }
}

export class Device {
  readonly root: string;
  readonly stateFile: string;
  readonly identity: RootIdentity;
  private opened: { readonly engine: RootEngine; readonly store: ObjectStore; readonly state: RootState } | null = null;
  /** Of the store that is opened next. */
  faults: FaultyOptions = {};
  /** Of what is opened next. */
  killer: Killer | null = null;
  around: (folder: RootFolder) => RootFolder = (folder) => folder;
  clock: () => number;

  constructor(
    private readonly rig: Rig,
    readonly name: string,
    private readonly options: DeviceOptions,
    /** Another machine of the same name. */
    machine = name,
  ) {
    this.root = join(rig.home, machine);
    this.stateFile = join(rig.home, `${machine}.state`, "root.db");
    this.identity = {
      rootId: ROOT_ID,
      deviceId: name,
      mode: options.mode ?? "bidirectional",
      remote: { bucket: "bucket", pathStyle: true },
    };
    this.clock = options.now ?? Date.now;
    initRoot(this.root, this.identity);
    rmSync(join(this.root, ".aura", "ignore"), { force: true });
  }

  /** Throws AuraError. */
  get engine(): RootEngine {
    return (this.opened ??= this.open()).engine;
  }

  get store(): ObjectStore {
    return (this.opened ??= this.open()).store;
  }

  private open(): NonNullable<Device["opened"]> {
    const limits: RootLimits = {
      uploadLimit: null,
      downloadLimit: null,
      maxTransfers: 4,
      maxDelete: 0.5,
      trashDays: 30,
      ...this.options.limits,
    };
    const { killer } = this;
    const bucket = this.rig.store(limits, this.options.minPartSize);
    const store = createFaultyStore(bucket, killer === null ? this.faults : { ...this.faults, ...killer.faults });
    const root = openRootFolder(this.root, this.options.folder);
    const folder = this.around(killer?.folder(root) ?? root);
    const database = openState(this.stateFile, { rootId: ROOT_ID, deviceId: this.name, newInstance: () => crypto.randomUUID() });
    const state = killer?.state(database) ?? database;
    const { partsAbove = 16 << 20 } = this.options;
    const now = (): number => this.clock();
    const engine = openEngine({ identity: this.identity, limits, store, folder, state, partsAbove, now, log: silentLog });
    return { engine, store, state: database };
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = null;
    await opened?.engine.close();
  }

  /** Its process is gone: the engine is never closed, and the next tick opens all of it anew. */
  drop(): void {
    // A connection of a process that is gone holds no lock.
    this.opened?.state.close();
    this.opened?.store.close();
    this.opened = null;
    this.killer = null;
    this.faults = {};
  }

  /** One tick that may be killed at a step; whether it was. */
  async tickAndKill(at: number | ((what: string) => boolean), request: Partial<TickRequest> = {}): Promise<boolean> {
    await this.close();
    this.killer = new Killer(at);
    try {
      await this.engine.tick({ trigger: "manual", ...request });
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    const { dead } = this.killer;
    if (dead) this.drop();
    else await this.close();
    this.killer = null;
    return dead;
  }

  /** A whole tick that has to go well. */
  async tick(request: Partial<TickRequest> = {}): Promise<SyncReport> {
    const outcome = await this.engine.tick({ trigger: "manual", ...request });
    if (outcome.kind !== "ok") throw new Error(`${this.name}: ${JSON.stringify(outcome)}`);
    return outcome.report;
  }

  path(...names: string[]): string {
    return join(this.root, ...names);
  }

  get tree(): Tree {
    return treeOf(this.root);
  }

  /** Contents of the files in the trash. */
  get trash(): string[] {
    return trashOf(this.root);
  }
}

export function trashOf(root: string): string[] {
  const at = join(root, ".aura", "trash");
  if (!existsSync(at)) return [];
  return Object.values(treeOf(at)).filter((content) => content !== "dir");
}

export function treeOf(root: string): Tree {
  const tree: Tree = {};
  const walk = (folder: string): void => {
    for (const name of readdirSync(join(root, folder)).toSorted()) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (name === ".aura") continue;
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) {
        tree[path] = "dir";
        walk(path);
      } else if (stat.isSymbolicLink()) tree[path] = `-> ${readlinkSync(join(root, path))}`;
      else tree[path] = `${(stat.mode & 0o100) === 0 ? "" : "x "}${readFileSync(join(root, path), "utf8")}`;
    }
  };
  walk("");
  return tree;
}

function restoreRights(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    chmodSync(path, 0o700);
    restoreRights(path);
  }
}

export function write(device: Device, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    const at = device.path(path);
    mkdirSync(join(at, ".."), { recursive: true });
    writeFileSync(at, content);
  }
}
