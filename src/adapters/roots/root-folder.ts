import { realpathSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { Content, Path } from "../../sync/entry.js";
import type { FileStat, OpenFile, Placed, RootFolder, ScanResult, ScanScope, TempFile } from "../../sync/ports.js";
import { AuraError } from "../../shared/errors.js";
import { Areas } from "./areas.js";
import { Unflushed } from "./durable.js";
import { LiveIgnore } from "./live-ignore.js";
import { Marker } from "./marker.js";
import { shown } from "./names.js";
import { absolute, hasFolders } from "./open-root.js";
import type { OpenRoot, Step } from "./open-root.js";
import { place } from "./place.js";
import { probeNames } from "./probe.js";
import { copyToTemp, openFile, readFile, readLink } from "./read-file.js";
import { readFailure } from "./refusal.js";
import { remove } from "./remove.js";
import { rename } from "./rename.js";
import { renameCalls } from "./rename-calls.js";
import type { RenameCalls } from "./rename-calls.js";
import { scanAll, scanFolders } from "./scan.js";
import { setExec } from "./set-exec.js";
import { lstat, toFileStat } from "./stat.js";
import { TempFiles } from "./temp-files.js";

export interface RootFolderOptions {
  /** Rules instead of those in `.aura/ignore`. */
  readonly ignoreText?: string;
  /** Names folders in the trash; `Date.now` when absent. */
  readonly nowMs?: () => number;
  /** Instead of what the folder's file system is found to do. */
  readonly caseSensitive?: boolean;
  readonly normalizationSensitive?: boolean;
  /** Another way to rename; the kernel's own when absent. */
  readonly calls?: RenameCalls;
  /** Called where another program may step in. */
  readonly onStep?: (step: Step, path: Path) => void;
}

/**
 * Opens the folder of a root. Throws AuraError `root_missing` when it is not there, has no `.aura/root.toml`, or its
 * `.aura/ignore` cannot be read.
 */
export function openRootFolder(path: string, options: RootFolderOptions = {}): RootFolder {
  return new Folder(isAbsolute(path) ? path : resolve(path), options);
}

class Folder implements RootFolder {
  readonly path: string;
  readonly caseSensitive: boolean;
  readonly normalizationSensitive: boolean;
  readonly #root: OpenRoot;
  readonly #marker: Marker;
  readonly #ignore: LiveIgnore;

  constructor(path: string, options: RootFolderOptions) {
    this.path = path;
    this.#marker = new Marker(path);
    const dir = realpathSync(path);
    const areas = new Areas(dir, options.nowMs ?? Date.now);
    const temps = new TempFiles();
    const found = probeNames(areas, temps);
    this.caseSensitive = options.caseSensitive ?? found.caseSensitive;
    this.normalizationSensitive = options.normalizationSensitive ?? found.normalizationSensitive;
    this.#ignore = new LiveIgnore(dir, this.caseSensitive, options.ignoreText);
    this.#root = {
      dir,
      caseSensitive: this.caseSensitive,
      normalizationSensitive: this.normalizationSensitive,
      areas,
      temps,
      unflushed: new Unflushed(),
      calls: options.calls ?? renameCalls(),
      rules: () => this.#ignore.rules,
      onStep: options.onStep ?? (() => {}),
    };
  }

  scan(visit: (path: Path, stat: FileStat) => void, scope?: ScanScope): ScanResult {
    this.#ignore.refresh();
    const { dir, areas } = this.#root;
    const device = this.#marker.check();
    const request = { dir, device, visit, rules: this.#ignore.rules, onMount: (folder: Path) => areas.addMount(folder) };
    const result = scope === undefined ? scanAll(request) : scanFolders(request, scope);
    // What was unmounted, or emptied, while we walked reads as if it had been deleted.
    this.#marker.check();
    const whole = result.problems.find((problem) => problem.path === "");
    if (whole !== undefined) throw new AuraError("root_missing", `root ${shown(this.path)}: ${whole.message}`, { fix: "make it readable" });
    return { ...result, problems: [...this.#ignore.problems, ...result.problems] };
  }

  stat(path: Path): FileStat | null {
    try {
      const stats = hasFolders(this.#root, path) ? lstat(absolute(this.#root, path)) : null;
      return stats === null ? null : toFileStat(stats);
    } catch (error) {
      throw readFailure(error, path);
    }
  }

  readLink(path: Path): string {
    return readLink(this.#root, path);
  }

  readFile(path: Path, expected: FileStat): Uint8Array {
    return readFile(this.#root, path, expected);
  }

  openFile(path: Path, expected: FileStat): OpenFile {
    return openFile(this.#root, path, expected);
  }

  now(): number {
    try {
      return this.#root.temps.clock(this.#root.areas.root);
    } catch {
      // Nothing can be written, so nothing can be changed either.
      return Date.now();
    }
  }

  isIgnored(path: Path, isDir: boolean): boolean {
    return this.#ignore.rules.ignores(path, isDir);
  }

  reloadIgnore(): void {
    this.#ignore.reload();
  }

  createTemp(): TempFile {
    return this.#root.temps.create(this.#root.areas.root);
  }

  cleanTemp(): void {
    this.#root.temps.clean(this.#root.areas.all());
  }

  place(path: Path, content: Content, temp: TempFile | null, expected: FileStat | null, mtimeMs: number): Placed {
    return place(this.#root, path, content, temp, expected, mtimeMs);
  }

  copyToTemp(from: Path): { readonly temp: TempFile; readonly hash: string } {
    return copyToTemp(this.#root, from);
  }

  rename(from: Path, to: Path, expected: FileStat): Placed {
    return rename(this.#root, from, to, expected);
  }

  remove(path: Path, expected: FileStat): Placed {
    return remove(this.#root, path, expected);
  }

  setExec(path: Path, exec: boolean, expected: FileStat): Placed {
    return setExec(this.#root, path, exec, expected);
  }

  flush(): void {
    this.#root.unflushed.flush();
    for (const { trash } of this.#root.areas.all()) trash.endBatch();
  }

  emptyTrash(days: number, nowMs: number): number {
    return this.#root.areas.all().reduce((files, { trash }) => files + trash.empty(days, nowMs), 0);
  }

  close(): void {
    this.#root.unflushed.flush();
  }
}
