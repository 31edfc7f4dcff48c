import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Path } from "../../sync/entry.js";
import { AURA } from "./names.js";
import { lstat } from "./stat.js";
import { Trash } from "./trash.js";

/**
 * Where what is not in place yet, or no longer, lies: a rename must not leave the file system. A file system that is
 * mounted below the root therefore has an area of its own, in `.aura` at its top.
 */
export interface Area {
  /** The folder of the root that it serves, with all below; "" is the root. */
  readonly top: Path;
  /** Absolute. */
  readonly tmp: string;
  readonly trash: Trash;
}

export class Areas {
  readonly #root: string;
  readonly #nowMs: () => number;
  readonly #areas = new Map<Path, Area>();

  /** `root`: absolute, without links. */
  constructor(root: string, nowMs: () => number) {
    this.#root = root;
    this.#nowMs = nowMs;
    this.#add("", "tmp");
    for (const mount of mountsBelow(root)) this.addMount(mount);
  }

  get root(): Area {
    return this.#areas.get("")!;
  }

  all(): readonly Area[] {
    return [...this.#areas.values()];
  }

  /** The area of a path, as far as mounts are known. */
  of(path: Path): Area {
    if (this.#areas.size === 1) return this.root;
    for (let folder = parentOf(path); folder !== ""; folder = parentOf(folder)) {
      const area = this.#areas.get(folder);
      if (area !== undefined) return area;
    }
    return this.root;
  }

  /** Another file system begins at this folder. */
  addMount(top: Path): void {
    // The root may be mounted there again, and be synced by another: its tmp is not ours to clean.
    if (!this.#areas.has(top)) this.#add(top, "tmp-outer");
  }

  /** Looks for the file system of a path anew, after a rename said that it is another one. */
  learn(path: Path): Area {
    const mounts = new Set(mountsBelow(this.#root));
    let folder = parentOf(path);
    const device = lstat(this.#absolute(folder))?.dev;
    while (folder !== "" && !mounts.has(folder) && lstat(this.#absolute(parentOf(folder)))?.dev === device) folder = parentOf(folder);
    this.addMount(folder);
    return this.#areas.get(folder)!;
  }

  #absolute(path: Path): string {
    return path === "" ? this.#root : `${this.#root}/${path}`;
  }

  #add(top: Path, tmp: string): void {
    const dir = `${this.#absolute(top)}/${AURA}`;
    this.#areas.set(top, { top, tmp: `${dir}/${tmp}`, trash: new Trash(`${dir}/trash`, this.#nowMs) });
  }
}

/** The folder of a path; "" for the root. */
export function parentOf(path: Path): Path {
  const parent = dirname(path);
  return parent === "." ? "" : parent;
}

/** Linux only: a bind mount is the same device, and yet no rename leads over its edge. */
function mountsBelow(root: string): Path[] {
  let table: string;
  try {
    table = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return [];
  }
  const prefix = root === "/" ? root : `${root}/`;
  return table
    .split("\n")
    .map((line) => unescape(line.split(" ")[4] ?? ""))
    .filter((mount) => mount.startsWith(prefix))
    .map((mount) => mount.slice(prefix.length));
}

/** Space, tab, newline and backslash stand there as octal numbers. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
