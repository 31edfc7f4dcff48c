import { readFileSync } from "node:fs";
import { join } from "node:path";
import ignore from "ignore";
import type { Ignore } from "ignore";
import type { Path } from "../../sync/entry.js";
import type { PathProblem } from "../../sync/ports.js";
import { isAuraName } from "./names.js";
import { prefilter } from "./prefilter.js";
import type { Prefilter } from "./prefilter.js";

/** The library remembers every path that it was asked for. */
const ASKED_AT_MOST = 4096;

export const IGNORE_FILE = ".aura/ignore";

/** What is left alone: `.aura` wherever it is, and what the patterns say, in gitignore's syntax. */
export class IgnoreRules {
  /** Lines that are no patterns. They are left out. */
  readonly problems: readonly PathProblem[];
  readonly #caseSensitive: boolean;
  readonly #mayMatch: Prefilter | null;
  readonly #rules: Ignore;
  #asked: Ignore;
  #count = 0;

  constructor(text: string, caseSensitive: boolean) {
    const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
    const broken = lines.flatMap((line, index) => (isPattern(line) ? [] : [index]));
    const good = lines.filter((_, index) => !broken.includes(index));
    this.problems = broken.map((index) => ({
      path: IGNORE_FILE,
      message: `${IGNORE_FILE}:${index + 1}: is not a pattern and was left out; correct or remove the line`,
    }));
    this.#caseSensitive = caseSensitive;
    this.#mayMatch = prefilter(good, caseSensitive);
    this.#rules = ignore({ ignoreCase: !caseSensitive, allowRelativePaths: true }).add(good.map(asGitMeansIt));
    this.#asked = this.#rules;
  }

  /** Whether a path is left alone, by itself or with a folder above it. */
  ignores(path: Path, isDir: boolean): boolean {
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      const folder = path.slice(0, end);
      if (this.ignoresEntry(folder, folder.slice(folder.lastIndexOf("/") + 1), true)) return true;
    }
    return this.ignoresEntry(path, path.slice(path.lastIndexOf("/") + 1), isDir);
  }

  /** The same for a path whose folders are known not to be ignored. `name`: its last part. */
  ignoresEntry(path: Path, name: string, isDir: boolean): boolean {
    if (isAuraName(name, this.#caseSensitive)) return true;
    if (this.#mayMatch === null || !this.#mayMatch(path, name)) return false;
    if (++this.#count % ASKED_AT_MOST === 0)
      this.#asked = ignore({ ignoreCase: !this.#caseSensitive, allowRelativePaths: true }).add(this.#rules);
    return this.#asked.ignores(isDir ? `${path}/` : path);
  }
}

/** The rules of a root; only `.aura` when it has no `.aura/ignore`. Throws the file system's error when it cannot be read. */
export function readIgnore(rootPath: string, caseSensitive: boolean): IgnoreRules {
  try {
    return new IgnoreRules(readFileSync(join(rootPath, IGNORE_FILE), "utf8"), caseSensitive);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return new IgnoreRules("", caseSensitive);
  }
}

/** Two patterns that the library reads otherwise: it takes a folder for one of those in it, and all below the top for the top alone. */
function asGitMeansIt(line: string): string {
  return line.replace(/^(!?)\/\*\*(?=\/?\s*$)/, "$1**").replace(/\/\*\*\/(?=\s*$)/, "/**/*/");
}

function isPattern(line: string): boolean {
  try {
    const rule = ignore().add(line);
    rule.ignores("a");
    rule.ignores("a/b/");
    return true;
  } catch {
    return false;
  }
}
