import type { Path } from "../../../sync/entry.js";
import type { FileStat } from "../../../sync/ports.js";

const KINDS = { file: 1, dir: 2, link: 3 } as const;
const EXEC = 4;
/** It is like nothing that is found on disk: it has to be read again. */
const UNSETTLED = 8;

/**
 * The stats of everything on disk as last seen, in memory: 100,000 paths are compared without a single object made for any of
 * them. Follows the database, which fills it.
 */
export class Known {
  private readonly at = new Map<Path, number>();
  private readonly free: number[] = [];
  private kinds = new Uint8Array(64);
  /** The number of the scan that saw it last. */
  private seen = new Uint32Array(64);
  /** Inode, size, mtime and ctime of each. */
  private numbers = new Float64Array(4 * 64);
  private scan = 0;

  set(path: Path, stat: FileStat | null, settled: boolean): void {
    if (stat === null) return this.delete(path);
    const at = this.at.get(path) ?? this.take(path);
    this.kinds[at] = kindOf(stat) | (settled ? 0 : UNSETTLED);
    this.numbers[4 * at] = stat.ino;
    this.numbers[4 * at + 1] = stat.size;
    this.numbers[4 * at + 2] = stat.mtimeMs;
    this.numbers[4 * at + 3] = stat.ctimeMs;
  }

  /** From here on `see` and `unseen` are about a new scan. */
  begin(): void {
    this.scan++;
  }

  /** Whether it is as it was. Of folders only the inode counts: their times change with their content. */
  see(path: Path, stat: FileStat): boolean {
    const at = this.at.get(path);
    if (at === undefined) return false;
    this.seen[at] = this.scan;
    const { numbers } = this;
    if (this.kinds[at] !== kindOf(stat) || numbers[4 * at] !== stat.ino) return false;
    if (stat.type === "dir") return true;
    return numbers[4 * at + 1] === stat.size && numbers[4 * at + 2] === stat.mtimeMs && numbers[4 * at + 3] === stat.ctimeMs;
  }

  /** Paths that the scan has not seen. */
  unseen(): Path[] {
    const paths: Path[] = [];
    for (const [path, at] of this.at) if (this.seen[at] !== this.scan) paths.push(path);
    return paths;
  }

  isDir(path: Path): boolean {
    const at = this.at.get(path);
    return at !== undefined && (this.kinds[at]! & 3) === KINDS.dir;
  }

  private delete(path: Path): void {
    const at = this.at.get(path);
    if (at === undefined) return;
    this.at.delete(path);
    this.free.push(at);
  }

  private take(path: Path): number {
    const at = this.free.pop() ?? this.at.size;
    this.at.set(path, at);
    if (at >= this.kinds.length) this.grow();
    return at;
  }

  private grow(): void {
    const size = 2 * this.kinds.length;
    const { kinds, seen, numbers } = this;
    this.kinds = new Uint8Array(size);
    this.kinds.set(kinds);
    this.seen = new Uint32Array(size);
    this.seen.set(seen);
    this.numbers = new Float64Array(4 * size);
    this.numbers.set(numbers);
  }
}

function kindOf({ type, exec }: FileStat): number {
  return KINDS[type] | (exec && type === "file" ? EXEC : 0);
}
