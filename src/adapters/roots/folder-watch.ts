import { readdirSync, watch } from "node:fs";
import type { FSWatcher, Stats } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import type { Path } from "../../sync/entry.js";
import { eventQueue } from "./event-queue.js";
import { AURA } from "./names.js";
import { lstat } from "./stat.js";
import { exhausted } from "./watch-failure.js";

/** How long the event loop may stand still while folders are taken in. */
const SLICE_MS = 8;

export interface WatchNews {
  /** Something happened directly in it. */
  touched(folder: Path): void;
  /** Something may have happened anywhere. */
  all(): void;
  /** The root is gone, or another folder is in its place; nothing is watched any more. */
  lost(): void;
  /** The kernel gives no more watches, or none at all; nothing is watched any more. `folder`: absolute. */
  exhausted(folder: string, error: unknown): void;
}

/** One folder with its watch. */
interface Node {
  readonly path: Path;
  readonly children: Map<string, Node>;
  /** Names in it of folders that could not be watched: a change of their permissions lets us try again. */
  readonly closed: Set<string>;
  watcher: FSWatcher | null;
  /** Which folder it is, whatever its name. */
  id: string;
}

/** A watch on each folder of a root, on no file: the kernel tells what happens directly in each. */
export class FolderWatch {
  readonly #dir: string;
  readonly #isIgnored: (path: Path, isDir: boolean) => boolean;
  readonly #news: WatchNews;
  #root: Node | null = null;
  #toList: Node[] = [];
  #listing: Promise<void> | null = null;
  #again = false;
  #leaveQueue: () => void = () => {};
  #started = false;

  /** `dir`: absolute, without links. */
  constructor(dir: string, isIgnored: (path: Path, isDir: boolean) => boolean, news: WatchNews) {
    this.#dir = dir;
    this.#isIgnored = isIgnored;
    this.#news = news;
  }

  /** Resolves once every later change is seen, or with the news that it cannot be. */
  async start(): Promise<void> {
    const root = newNode("");
    this.#root = root;
    this.#leaveQueue = eventQueue.join(() => this.#overflowed());
    if (!this.#watch(root)) return this.#lose();
    this.#toList.push(root);
    await this.#list();
    this.#started = true;
  }

  /** Looks at every folder again, by the rules of now. Folders that were not watched are told as touched. */
  async refresh(): Promise<void> {
    if (this.#root === null) return;
    this.#again = true;
    await this.#list();
  }

  close(): void {
    this.#leaveQueue();
    if (this.#root !== null) this.#drop(this.#root);
    this.#root = null;
    this.#toList = [];
  }

  /** One at a time; what is asked for meanwhile is done by the one that runs. */
  #list(): Promise<void> {
    this.#listing ??= this.#listAll().finally(() => {
      this.#listing = null;
    });
    return this.#listing;
  }

  async #listAll(): Promise<void> {
    let since = performance.now();
    for (;;) {
      const node = this.#toList.pop() ?? this.#nextRound();
      if (node === null) return;
      if (node.watcher !== null) this.#listOne(node);
      if (performance.now() - since < SLICE_MS) continue;
      await turn();
      since = performance.now();
    }
  }

  #nextRound(): Node | null {
    if (!this.#again) return null;
    this.#again = false;
    return this.#root;
  }

  /** Brings the watches in a folder in line with the folders in it. */
  #listOne(node: Node): void {
    const names = this.#foldersIn(node);
    const known = new Set(node.children.keys());
    for (const name of names) {
      const child = node.children.get(name);
      const path = node.path === "" ? name : `${node.path}/${name}`;
      if (child === undefined) this.#add(node, name);
      else if (!this.#isWanted(path) || idOf(lstatQuietly(`${this.#dir}/${path}`)) !== child.id) continue;
      else if (path !== AURA) this.#toList.push(child);
      known.delete(name);
    }
    // Gone, ignored by now, or another folder of that name.
    for (const name of known) this.#look(node, name);
  }

  #foldersIn(node: Node): string[] {
    try {
      const entries = readdirSync(this.#absolute(node), { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    } catch {
      // Gone, or not ours to read; the scan tells which.
      return [];
    }
  }

  /** Aura's own folder is watched for the rules to ignore, which stand in it. */
  #isWanted(path: Path): boolean {
    return path === AURA || !this.#isIgnored(path, true);
  }

  #add(parent: Node, name: string): void {
    const node = newNode(parent.path === "" ? name : `${parent.path}/${name}`);
    if (this.#root === null || !this.#isWanted(node.path)) return;
    if (!this.#watch(node)) return void parent.closed.add(name);
    parent.closed.delete(name);
    parent.children.set(name, node);
    if (node.path !== AURA) this.#toList.push(node);
    // Files may have been made in it before it was watched.
    if (this.#started) this.#news.touched(node.path);
  }

  /** False when there is nothing to watch, or no more watches. */
  #watch(node: Node): boolean {
    const path = this.#absolute(node);
    try {
      const watcher = watch(path, { persistent: false }, (event, name) => this.#heard(node, event, name));
      watcher.on("error", (error) => this.#failed(node, error));
      node.watcher = watcher;
    } catch (error) {
      // A root that is there and cannot be watched is no better than one whose watches have run out.
      if (exhausted(error) !== null || (node === this.#root && lstatQuietly(path) !== null)) this.#giveUp(path, error);
      return false;
    }
    const stats = lstatQuietly(path);
    if (stats?.isDirectory() !== true) {
      this.#drop(node);
      return false;
    }
    node.id = idOf(stats);
    return true;
  }

  #heard(node: Node, event: string, name: string | null): void {
    if (node.watcher === null) return;
    eventQueue.count();
    if (this.#root === null) return;
    if (node.path === AURA) {
      if (name === null || name === "ignore") this.#news.touched(AURA);
      return;
    }
    this.#news.touched(node.path);
    if (name === null) return this.#overflowed();
    if (node === this.#root && event === "rename" && idOf(lstatQuietly(this.#dir)) !== node.id) return this.#lose();
    if (event === "rename" || node.closed.has(name)) {
      this.#look(node, name);
      if (this.#toList.length > 0) void this.#list();
    }
  }

  /** A name in a folder stands for something else now. */
  #look(node: Node, name: string): void {
    const child = node.children.get(name);
    if (child !== undefined) this.#drop(child);
    node.children.delete(name);
    node.closed.delete(name);
    if (lstatQuietly(`${this.#absolute(node)}/${name}`)?.isDirectory() === true) this.#add(node, name);
  }

  /** Everything is looked at again: folders, too, may have come and gone unseen. */
  #overflowed(): void {
    this.#news.all();
    void this.refresh();
  }

  #failed(node: Node, error: unknown): void {
    if (node.watcher === null) return;
    if (exhausted(error) !== null) return this.#giveUp(this.#absolute(node), error);
    this.#drop(node);
    this.#overflowed();
  }

  #giveUp(folder: string, error: unknown): void {
    this.close();
    this.#news.exhausted(folder, error);
  }

  #lose(): void {
    if (this.#root === null) return;
    this.close();
    this.#news.lost();
  }

  #drop(node: Node): void {
    node.watcher?.close();
    node.watcher = null;
    for (const child of node.children.values()) this.#drop(child);
    node.children.clear();
  }

  #absolute({ path }: Node): string {
    return path === "" ? this.#dir : `${this.#dir}/${path}`;
  }
}

function newNode(path: Path): Node {
  return { path, children: new Map(), closed: new Set(), watcher: null, id: "" };
}

/** With the time of its making: the number of a folder that was deleted is soon that of another one. */
function idOf(stats: Stats | null): string {
  return stats === null ? "" : `${stats.dev}:${stats.ino}:${stats.birthtimeMs}`;
}

function lstatQuietly(path: string): Stats | null {
  try {
    return lstat(path);
  } catch {
    return null;
  }
}
