import type { Content, Entry, Path } from "../../src/sync/entry.js";
import { DIR, GONE } from "../../src/sync/content.js";
import { isBelow, parentOf } from "../../src/sync/path.js";
import { dominates } from "../../src/sync/vector.js";
import { Bucket, Device, hashOf, treeOf, WHOLE } from "./device.js";

/** Numbers out of which a step is made: small ones make simple steps, so that failing runs shrink well. */
export type Step = readonly [device: number, kind: number, a: number, b: number, c: number];

const NAMES = ["a", "b", "c.txt", "A"];
const TARGETS = ["a", "../b"];

/** Devices, what a person does on them, and what has to be true in the end. */
export class World {
  readonly bucket = new Bucket();
  readonly devices: readonly Device[];
  /** By device: contents that a person wrote there, and those that they overwrote or deleted there, seeing them. */
  readonly written = new Map<Device, Set<string>>();
  private readonly released = new Map<Device, Set<string>>();
  private contents = 0;

  /** One device for each of these options. */
  constructor(options: readonly Device["options"][]) {
    this.devices = options.map((option, index) => new Device(["laptop", "desk", "constructor"][index]!, this.bucket, option));
    for (const device of this.devices) for (const map of [this.written, this.released]) map.set(device, new Set());
  }

  run(steps: readonly Step[]): void {
    for (const step of steps) this.step(step);
  }

  step([which, kind, a, b, c]: Step): void {
    const device = this.devices[which % this.devices.length]!;
    if (kind < 10) this.edit(device, kind, a, b, c);
    else if (kind === 10) device.loseState();
    else {
      device.tick({
        read: (other) => ((a >> this.devices.findIndex(({ id }) => id === other)) & 1) === 0,
        scans: kind === 11 ? (path) => (path.length + b) % 3 !== 0 : () => true,
        publish: c % 4 !== 3,
        operations: kind < 14 ? b : Infinity,
        crash: kind === 13,
        ...(kind === 12 ? { meanwhile: () => this.edit(device, c % 10, b, a, c) } : {}),
      });
    }
  }

  /** Everybody hears of everything, until nothing changes. Returns the rounds that took. */
  quiet(): number {
    for (let round = 1; round <= 40; round++) {
      const before = this.picture();
      for (const device of this.devices) device.tick(WHOLE);
      if (before === this.picture()) return round;
    }
    throw new Error(`not quiet after 40 rounds: ${this.picture()}`);
  }

  /** What is wrong in the end, a line each. */
  problems(): string[] {
    const [first, ...others] = this.devices;
    const expected = JSON.stringify(sorted(first!.want));
    const tree = treeOf(first!.want);
    const found = others
      .filter(({ options }) => options.mode !== "pull")
      .filter(({ want }) => JSON.stringify(sorted(want)) !== expected)
      .map(({ id }) => `${id} wants something else`);
    for (const device of this.devices) found.push(...this.differences(device, tree));
    const telling = this.devices.filter(({ options }) => options.mode !== "pull");
    found.push(...this.lost(telling, tree).map((hash) => `${hash} is lost`));
    for (const path of Object.keys(tree)) {
      if (parentOf(path) !== "" && tree[parentOf(path)]?.type !== "dir") found.push(`${path} is in no directory`);
    }
    return found;
  }

  private differences(device: Device, tree: Readonly<Record<Path, Content>>): string[] {
    const { id, disk, have, want, options } = device;
    const here = treeOf(disk.tree());
    const held = device.plan().problems.map(({ path }) => path);
    const isOwn = (path: Path): boolean => {
      if (options.isIgnored?.(path) === true) return true;
      const [known, wanted] = [have.get(path), want.get(path)];
      return options.mode === "pull" && (wanted === undefined || (known !== undefined && !dominates(wanted.vector, known.vector)));
    };
    const isLeft = (path: Path): boolean => {
      if (isOwn(path) || held.some((one) => one === path || isBelow(path, one))) return true;
      // A folder with something of its own in it; and a copy made before those that tell each other had settled it otherwise.
      return disk.below(path).some(isOwn) || (options.mode === "pull" && path.includes(".conflict-"));
    };
    const wrong = [...new Set([...Object.keys(here), ...Object.keys(tree)])].filter((path) => {
      return !isLeft(path) && JSON.stringify(here[path]) !== JSON.stringify(tree[path]);
    });
    const lost = options.mode === "pull" ? this.lost([device], here).filter((hash) => !this.bucket.contents.has(hash)) : [];
    return [...wrong.map((path) => `${id} has something else at ${path}`), ...lost.map((hash) => `${id} has lost its ${hash}`)];
  }

  /** Of what was written on these devices and given up on none of them. */
  private lost(devices: readonly Device[], tree: Readonly<Record<Path, Content>>): string[] {
    const ignored = devices.flatMap(({ disk, options }) =>
      Object.entries(treeOf(disk.tree())).filter(([path]) => options.isIgnored?.(path)),
    );
    const here = new Set([...Object.values(tree), ...ignored.map(([, content]) => content)].map(hashOf));
    const released = new Set(devices.flatMap((device) => [...this.released.get(device)!]));
    const written = new Set(devices.flatMap((device) => [...this.written.get(device)!]));
    return [...written].filter((hash) => !released.has(hash) && !here.has(hash));
  }

  private edit(device: Device, kind: number, a: number, b: number, c: number): void {
    const { disk } = device;
    const paths = disk.paths();
    const existing = paths[a % Math.max(1, paths.length)];
    const fresh = this.name(disk, a, b);
    const mtimeMs = (c % 3) * 1000;
    switch (kind) {
      case 0:
      case 1:
        return this.write(device, fresh, this.file(c), mtimeMs);
      case 2:
        if (existing !== undefined && disk.get(existing)!.content.type === "file") this.write(device, existing, this.file(c), mtimeMs);
        return;
      case 3:
      case 4:
        if (existing !== undefined) this.remove(device, existing);
        return;
      case 5:
      case 6:
        if (existing !== undefined) this.rename(device, existing, fresh);
        return;
      case 7:
        return this.write(device, fresh, DIR, mtimeMs);
      case 8:
        return this.write(
          device,
          c % 2 === 0 && existing !== undefined ? existing : fresh,
          { type: "link", target: TARGETS[b % 2]! },
          mtimeMs,
        );
      default: {
        const node = existing === undefined ? undefined : disk.get(existing);
        if (node?.content.type === "file") disk.set(existing!, { ...node, content: { ...node.content, exec: !node.content.exec } });
        else if (existing !== undefined) this.write(device, existing, this.file(c), mtimeMs);
      }
    }
  }

  /** A path in a directory that is there. */
  private name(disk: Device["disk"], a: number, b: number): Path {
    const folders = ["", ...disk.paths().filter((path) => disk.get(path)!.content.type === "dir")];
    const folder = folders[b % folders.length]!;
    const name = NAMES[a % NAMES.length]!;
    return folder === "" || folder.length > 8 ? name : `${folder}/${name}`;
  }

  private file(c: number): Content {
    // Sometimes what was there before, anywhere.
    const number = c % 5 === 4 && this.contents > 0 ? 1 + (c % this.contents) : ++this.contents;
    return { type: "file", hash: number.toString(16).padStart(8, "0").padEnd(64, "0"), size: number % 7, exec: false };
  }

  private write(device: Device, path: Path, content: Content, mtimeMs: number): void {
    if (content.type === "dir" && device.disk.get(path)?.content.type === "dir") return;
    this.remove(device, path);
    device.disk.set(path, { content, mtimeMs });
    const hash = hashOf(content);
    if (hash !== null) this.written.get(device)!.add(hash);
  }

  private remove(device: Device, path: Path): void {
    const { disk } = device;
    for (const one of [path, ...disk.below(path)]) {
      const hash = hashOf(disk.get(one)?.content ?? GONE);
      if (hash !== null) this.released.get(device)!.add(hash);
      disk.delete(one);
    }
  }

  private rename(device: Device, from: Path, to: Path): void {
    const { disk } = device;
    const [old, next] = [disk.fold(from), disk.fold(to)];
    if (from === to || isBelow(next, old) || isBelow(old, next)) return;
    if (old !== next) this.remove(device, to);
    disk.rename(from, to);
  }

  private picture(): string {
    const told = [...this.bucket.told.values()].map(sorted);
    return JSON.stringify([told, ...this.devices.map(({ disk, want, have }) => [treeOf(disk.tree()), sorted(want), sorted(have)])]);
  }
}

function sorted(map: ReadonlyMap<Path, Entry>): unknown {
  const inOrder = <T>(pairs: readonly (readonly [string, T])[]): unknown => [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  return inOrder([...map].map(([path, entry]) => [path, { ...entry, vector: inOrder(Object.entries(entry.vector)) }] as const));
}
