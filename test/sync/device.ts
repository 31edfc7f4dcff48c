import { GONE, identical, isLive } from "../../src/sync/content.js";
import type { Content, Entry, Path } from "../../src/sync/entry.js";
import { localEdit } from "../../src/sync/local-edit.js";
import type { Operation, PlanInput } from "../../src/sync/operations.js";
import { parentOf } from "../../src/sync/path.js";
import { plan } from "../../src/sync/plan.js";
import { settle } from "../../src/sync/structure.js";
import { bump, highestCounter } from "../../src/sync/vector.js";
import { Disk } from "./disk.js";

/** What the devices of a simulation share: what each has told, and the contents that are uploaded. */
export class Bucket {
  readonly told = new Map<string, ReadonlyMap<Path, Entry>>();
  readonly contents = new Set<string>();
}

export interface TickOptions {
  /** Whose news are read. */
  readonly read: (device: string) => boolean;
  readonly scans: (path: Path) => boolean;
  readonly publish: boolean;
  /** Operations carried out before the tick ends. */
  readonly operations: number;
  /** The last of them changes the disk, and its record is lost. */
  readonly crash: boolean;
  /** What happens between the scan and the first operation. */
  readonly meanwhile?: () => void;
}

export const WHOLE: TickOptions = { read: () => true, scans: () => true, publish: true, operations: Infinity, crash: false };

/** One device: maps for the folder and the state database, and a tick as the engine runs it. */
export class Device {
  readonly disk: Disk;
  readonly have = new Map<Path, Entry>();
  readonly want = new Map<Path, Entry>();
  /** Hashes of what was replaced or removed by a tick. */
  readonly trash = new Set<string>();
  private readonly seen = new Map<string, unknown>();
  private counter = 0;
  private lost = false;

  constructor(
    readonly id: string,
    readonly bucket: Bucket,
    readonly options: {
      readonly mode?: "bidirectional" | "push" | "pull";
      readonly fold?: (path: Path) => string;
      readonly isIgnored?: (path: Path) => boolean;
    } = {},
  ) {
    this.disk = new Disk(options.fold);
  }

  /** The state database is gone; what is on disk stays. */
  loseState(): void {
    for (const map of [this.have, this.want, this.seen]) map.clear();
    this.lost = true;
  }

  tick(options: TickOptions = WHOLE): readonly Operation[] {
    const { mode = "bidirectional" } = this.options;
    const incoming = mode === "push" && !this.lost ? [] : this.news(options.read);
    if (this.lost)
      this.counter = highestCounter(
        [...this.bucket.told.values()].flatMap((state) => [...state.values()]),
        this.id,
      );
    this.counter++;
    const edits = this.scan(options.scans);
    const isPull = mode === "pull";
    const { changes } = settle(this.view(), isPull ? incoming : [...edits, ...incoming], { mirror: isPull });
    for (const [path, entry] of changes) this.want.set(path, entry);
    this.lost = false;
    options.meanwhile?.();
    if (isPull) return this.apply(options);
    // Nothing is replaced here before it is told what was here.
    if (!options.publish) return [];
    this.publish();
    return mode === "push" ? [] : this.apply(options);
  }

  plan(): ReturnType<typeof plan> {
    return plan(this.planInput());
  }

  private news(read: (device: string) => boolean): [Path, Entry][] {
    const news: [Path, Entry][] = [];
    for (const [device, state] of this.bucket.told) {
      // After its state was lost, a device reads its own head before anything else.
      if (device === this.id ? !this.lost : !read(device) || this.seen.get(device) === state) continue;
      this.seen.set(device, state);
      news.push(...state);
    }
    return news;
  }

  private scan(scans: (path: Path) => boolean): [Path, Entry][] {
    const edits: [Path, Entry][] = [];
    const context = { device: this.id, counter: this.counter, nowMs: this.counter * 1000 };
    for (const path of new Set([...this.disk.paths(), ...this.have.keys()])) {
      if (!scans(path) || this.options.isIgnored?.(path)) continue;
      const { have, edit } = localEdit(this.have.get(path) ?? null, this.want.get(path), this.disk.find(path) ?? null, context);
      if (have !== null) this.have.set(path, have);
      if (edit !== null) edits.push([path, edit]);
    }
    return edits;
  }

  private publish(): void {
    const here = new Set([...this.disk.tree().values()].map(({ content }) => hashOf(content)));
    for (const [path, entry] of this.want) {
      const hash = hashOf(entry.content);
      if (hash === null || this.bucket.contents.has(hash)) continue;
      if (here.has(hash)) this.bucket.contents.add(hash);
      // A version that was never told, of a file that was changed again before its bytes were uploaded.
      else this.want.set(path, { ...entry, content: GONE, vector: bump(entry.vector, this.id, this.counter) });
    }
    this.bucket.told.set(this.id, new Map(this.want));
  }

  private view(): { get: (path: Path) => Entry | undefined; childrenOf: (path: Path) => Path[] } {
    return { get: (path) => this.want.get(path), childrenOf: (path) => [...this.want.keys()].filter((one) => parentOf(one) === path) };
  }

  private planInput(): PlanInput {
    const sensitive = this.options.fold === undefined;
    return {
      rows: [...this.want].flatMap(([path, want]) => {
        const have = this.have.get(path) ?? null;
        return have === want ? [] : [{ path, have, want }];
      }),
      have: (path) => this.have.get(path),
      want: (path) => this.want.get(path),
      childrenOf: (path) => this.view().childrenOf(path),
      filesWith: (hash) => [...this.have].filter(([, { content }]) => hashOf(content) === hash).map(([path]) => path),
      isIgnored: (path) => this.options.isIgnored?.(path) ?? false,
      caseSensitive: sensitive,
      normalizationSensitive: sensitive,
    };
  }

  private apply({ operations: limit, crash }: TickOptions): readonly Operation[] {
    const { operations, noted } = this.plan();

    for (const path of noted) if (this.isAsKnown(path)) this.have.set(path, this.want.get(path)!);
    operations.slice(0, limit).forEach((operation, index) => {
      const recorded = !crash || index < limit - 1;
      const records = this.carryOut(operation, recorded);
      if (recorded)
        for (const [path, entry] of records)
          if (entry === null) this.have.delete(path);
          else this.have.set(path, entry);
    });
    return operations;
  }

  /** What changed in HAVE; nothing when the disk is not as it should be. */
  private carryOut(operation: Operation, whole: boolean): [Path, Entry | null][] {
    const { path, entry } = operation;
    const records: [Path, Entry | null][] = [];
    if (operation.op === "move") {
      const { from } = operation;
      const isTaken = this.disk.get(path) !== undefined && this.disk.fold(from) !== this.disk.fold(path);
      if (!this.isAsKnown(from) || isTaken || !this.hasFolder(path)) return [];
      this.disk.rename(from, path);
      return [
        [from, this.want.get(from)!],
        [path, entry],
      ];
    }
    if (!this.isAsKnown(path)) return [];
    if (operation.op === "remove") {
      if (operation.isDir && this.disk.below(path).length > 0) return [];
      this.toTrash(path);
      return [[path, entry]];
    }
    if (!this.hasFolder(path)) return [];
    if (operation.op === "exec") {
      this.disk.set(path, { ...this.disk.get(path)!, content: entry.content });
      return [[path, entry]];
    }
    if (this.disk.get(path)?.content.type === "dir") return [];
    const hash = hashOf(entry.content);
    const copied = operation.op === "copy" && hashOf(this.disk.get(operation.from)?.content ?? GONE) === hash;
    // Not told yet, of a file that was changed again: the next tick that tells finds out.
    if (hash !== null && !copied && !this.bucket.contents.has(hash)) return [];
    if ("aside" in operation && operation.aside !== undefined) {
      const { to, entry: becomes } = operation.aside;
      // Nothing is there when the rename before it was left out.
      if (this.disk.get(path) === undefined || this.disk.get(to) !== undefined || !this.hasFolder(to)) return [];
      this.disk.rename(path, to);
      records.push([to, becomes]);
      if (!whole) return [];
    } else this.toTrash(path);
    this.disk.set(path, { content: entry.content, mtimeMs: entry.mtimeMs });
    return [...records, [path, entry]];
  }

  private toTrash(path: Path): void {
    const hash = hashOf(this.disk.get(path)?.content ?? GONE);
    if (hash !== null) this.trash.add(hash);
    this.disk.delete(path);
  }

  private isAsKnown(path: Path): boolean {
    const known = this.have.get(path)?.content ?? GONE;
    return identical(this.disk.get(path)?.content ?? GONE, known);
  }

  private hasFolder(path: Path): boolean {
    const parent = parentOf(path);
    return parent === "" || this.disk.get(parent)?.content.type === "dir";
  }
}

export function hashOf(content: Content): string | null {
  return content.type === "file" ? content.hash : null;
}

/** Live paths and what they hold. */
export function treeOf(map: ReadonlyMap<Path, { readonly content: Content }>): Record<Path, Content> {
  const live = [...map].filter(([, { content }]) => isLive(content)).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(live.map(([path, { content }]) => [path, content]));
}
