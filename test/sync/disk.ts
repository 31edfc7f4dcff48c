import type { Path } from "../../src/sync/entry.js";
import type { Seen } from "../../src/sync/local-edit.js";
import { isBelow } from "../../src/sync/path.js";

/** A folder in memory, that may fold names as some file systems do: they keep a spelling, and find it by any other. */
export class Disk {
  private readonly nodes = new Map<string, { path: Path; seen: Seen }>();

  constructor(readonly fold: (path: Path) => string = (path) => path) {}

  get(path: Path): Seen | undefined {
    return this.nodes.get(this.fold(path))?.seen;
  }

  /** As a walk through the folder finds it: in this spelling. */
  find(path: Path): Seen | undefined {
    const node = this.nodes.get(this.fold(path));
    return node?.path === path ? node.seen : undefined;
  }

  /** Keeps the spelling of what is there, and of the folders above. */
  set(path: Path, seen: Seen): void {
    const node = this.nodes.get(this.fold(path));
    if (node !== undefined) node.seen = seen;
    else this.nodes.set(this.fold(path), { path: this.spelled(path), seen });
  }

  delete(path: Path): void {
    this.nodes.delete(this.fold(path));
  }

  /** Paths as they are spelled, sorted. */
  paths(): Path[] {
    return [...this.nodes.values()].map(({ path }) => path).sort();
  }

  below(folder: Path): Path[] {
    return this.paths().filter((path) => isBelow(this.fold(path), this.fold(folder)));
  }

  /** With all that is below it. */
  rename(from: Path, to: Path): void {
    for (const path of [from, ...this.below(from)]) {
      const seen = this.get(path)!;
      this.delete(path);
      this.set(to + path.slice(from.length), seen);
    }
  }

  tree(): Map<Path, Seen> {
    return new Map(this.paths().map((path) => [path, this.get(path)!]));
  }

  private spelled(path: Path): Path {
    const end = path.lastIndexOf("/");
    if (end < 0) return path;
    const above = this.nodes.get(this.fold(path.slice(0, end)));
    return `${above?.path ?? path.slice(0, end)}${path.slice(end)}`;
  }
}
