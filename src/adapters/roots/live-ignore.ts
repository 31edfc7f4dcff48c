import { join } from "node:path";
import { AuraError } from "../../shared/errors.js";
import type { PathProblem } from "../../sync/ports.js";
import { IGNORE_FILE, IgnoreRules, readIgnore } from "./ignore-rules.js";
import { shown } from "./names.js";
import { reason } from "./refusal.js";
import { lstat } from "./stat.js";

/** The rules of an open root, as `.aura/ignore` has them now. */
export class LiveIgnore {
  #rules: IgnoreRules;
  readonly #dir: string;
  readonly #caseSensitive: boolean;
  readonly #fixed: boolean;
  #version = "";
  #failure: PathProblem | null = null;

  /** `text`: rules that do not come from the file. Throws AuraError `root_missing` when the file cannot be read. */
  constructor(dir: string, caseSensitive: boolean, text?: string) {
    this.#dir = dir;
    this.#caseSensitive = caseSensitive;
    this.#fixed = text !== undefined;
    this.#rules = new IgnoreRules(text ?? "", caseSensitive);
    this.reload();
    // Without them a scan would tell other devices what is to stay here.
    if (this.#failure !== null) {
      throw new AuraError("root_missing", `${shown(join(dir, IGNORE_FILE))} ${this.#failure.message}`, { fix: "make it a readable file" });
    }
  }

  get rules(): IgnoreRules {
    return this.#rules;
  }

  get problems(): readonly PathProblem[] {
    return this.#failure === null ? this.#rules.problems : [this.#failure, ...this.#rules.problems];
  }

  /** Reads the file when it is not the one that was read. */
  refresh(): void {
    if (!this.#fixed && this.#version !== this.#look()) this.reload();
  }

  /** What cannot be read changes nothing: the rules stay, and it is a problem. */
  reload(): void {
    if (this.#fixed) return;
    const version = this.#look();
    try {
      this.#rules = readIgnore(this.#dir, this.#caseSensitive);
      this.#version = version;
      this.#failure = null;
    } catch (error) {
      this.#version = "";
      this.#failure = { path: IGNORE_FILE, message: `cannot be read (${reason(error)}); the rules from before stay; make it readable` };
    }
  }

  #look(): string {
    try {
      const stats = lstat(join(this.#dir, IGNORE_FILE));
      return stats === null ? "none" : [stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join();
    } catch {
      return "unreadable";
    }
  }
}
