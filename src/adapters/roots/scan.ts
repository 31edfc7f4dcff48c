import { readdirSync } from "node:fs";
import type { Stats } from "node:fs";
import type { Path } from "../../sync/entry.js";
import { pathProblem } from "../../sync/path.js";
import type { FileStat, PathProblem, ScanResult, ScanScope } from "../../sync/ports.js";
import { parentOf } from "./areas.js";
import type { IgnoreRules } from "./ignore-rules.js";
import { codeOf, reason } from "./refusal.js";
import { kindOf, lstat, toFileStat } from "./stat.js";

/** What a file system's name reads as where it is no valid text; a name may also hold it in earnest. */
const NO_TEXT = "\uFFFD";

export interface ScanRequest {
  /** Absolute, without links. */
  readonly dir: string;
  /** Of the file system that the root is on. */
  readonly device: number;
  readonly rules: IgnoreRules;
  readonly visit: (path: Path, stat: FileStat) => void;
  /** Called with each folder where another file system begins. */
  readonly onMount: (folder: Path) => void;
}

/** The whole root. Parents come before what is in them. Calls nothing asynchronous: it has a thread of its own. */
export function scanAll(request: ScanRequest): ScanResult {
  const scan = new Scan(request);
  scan.walk("", request.device, () => true);
  return { complete: scan.problems.length === 0 && !scan.missed ? "all" : scan.complete, gone: [], problems: scan.problems };
}

/** Only the scope's folders, and those in them that its `deep` takes in. */
export function scanFolders(request: ScanRequest, scope: ScanScope): ScanResult {
  const scan = new Scan(request);
  const gone = new Set<Path>();
  const deep = scope.deep ?? (() => false);
  const wanted = new Set(scope.folders);
  // What was added while it goes on is looked at too.
  for (const folder of wanted) {
    if (folder !== "" && (request.rules.ignores(folder, true) || pathProblem(folder) !== null)) continue;
    const missing = scan.firstMissing(folder);
    if (missing === null) scan.walk(folder, null, deep);
    else if (missing.gone) {
      gone.add(missing.folder);
      wanted.add(parentOf(missing.folder));
    }
  }
  return { complete: scan.complete, gone: [...gone], problems: scan.problems };
}

class Scan {
  readonly complete = new Set<Path>();
  readonly problems: PathProblem[] = [];
  /** A folder went away while it was looked at: what was in it is unseen, and that is no problem. */
  missed = false;
  readonly #request: ScanRequest;

  constructor(request: ScanRequest) {
    this.#request = request;
  }

  /** `device`: of the file system that the folder's parent is on; null when that is of no matter. */
  walk(folder: Path, device: number | null, deep: (folder: Path) => boolean): void {
    if (this.complete.has(folder)) return;
    const names = this.#names(folder);
    if (names === null) return;
    const { rules, visit, onMount } = this.#request;
    const [path, dir] = folder === "" ? ["", `${this.#request.dir}/`] : [`${folder}/`, `${this.#request.dir}/${folder}/`];
    this.complete.add(folder);
    for (const name of names) {
      const at = path + name;
      let stats: Stats | null;
      try {
        stats = lstat(dir + name);
      } catch (error) {
        if (this.#isUnseen(folder, at, error)) return;
        continue;
      }
      // Gone since the names were read.
      if (stats === null) continue;
      const isDir = stats.isDirectory();
      if (rules.ignoresEntry(at, name, isDir) || this.#isUnsyncable(folder, name)) continue;
      const stat = toFileStat(stats);
      if (stat === null) {
        this.#problem(at, `${kindOf(stats)}, which cannot be synced; move it, or ignore it in .aura/ignore`);
        continue;
      }
      visit(at, stat);
      if (!isDir) continue;
      if (device !== null && stats.dev !== device) onMount(at);
      if (deep(at)) this.walk(at, stats.dev, deep);
    }
  }

  /** The topmost folder on the way to one that is no folder; null when all are. One that cannot be looked at is a problem. */
  firstMissing(folder: Path): { readonly folder: Path; readonly gone: boolean } | null {
    for (let end = folder === "" ? -1 : folder.indexOf("/"); folder !== ""; end = folder.indexOf("/", end + 1)) {
      const part = end === -1 ? folder : folder.slice(0, end);
      try {
        if (lstat(`${this.#request.dir}/${part}`)?.isDirectory() !== true) return { folder: part, gone: true };
      } catch (error) {
        this.#unreadable(parentOf(part), error);
        return { folder: part, gone: false };
      }
      if (end === -1) return null;
    }
    return null;
  }

  /** Null, with a problem, when the folder cannot be read. */
  #names(folder: Path): string[] | null {
    const dir = folder === "" ? this.#request.dir : `${this.#request.dir}/${folder}`;
    try {
      const names = readdirSync(dir);
      return names.some((name) => name.includes(NO_TEXT)) ? this.#validNames(folder, dir) : names;
    } catch (error) {
      this.#unreadable(folder, error);
      return null;
    }
  }

  #validNames(folder: Path, dir: string): string[] {
    const names: string[] = [];
    for (const bytes of readdirSync(dir, "buffer")) {
      const name = bytes.toString("utf8");
      if (Buffer.from(name).equals(bytes)) names.push(name);
      else {
        const path = folder === "" ? name : `${folder}/${name}`;
        if (this.#request.rules.ignoresEntry(path, name, false)) continue;
        this.#problem(path, "a name that is not valid UTF-8; rename it");
      }
    }
    return names;
  }

  /** A name that other devices may not take, such as `.AURA` where that is another folder than Aura's own. */
  #isUnsyncable(folder: Path, name: string): boolean {
    // What a name in itself may not be, no file system has; the rest depends on the first part of a path.
    const why = folder === "" ? pathProblem(name) : null;
    if (why !== null) this.#problem(name, `a name that cannot be synced: it ${why}; rename it, or ignore it in .aura/ignore`);
    return why !== null;
  }

  /** What cannot be looked at is unseen: alone, or with all of its folder where that does not let us. Returns the latter. */
  #isUnseen(folder: Path, path: Path, error: unknown): boolean {
    const denied = codeOf(error) === "EACCES";
    if (denied) this.complete.delete(folder);
    if (denied) this.#unreadable(folder, error);
    else this.#problem(path, `cannot be looked at (${said(error)}); check the disk`);
    return denied;
  }

  #unreadable(folder: Path, error: unknown): void {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") this.missed = true;
    else this.#problem(folder, `the folder cannot be read (${said(error)}); allow it with: chmod u+rx, or ignore it in .aura/ignore`);
  }

  #problem(path: Path, message: string): void {
    this.problems.push({ path, message });
  }
}

function said(error: unknown): string {
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return code === "" ? reason(error) : code;
}
