import { asAuraError } from "../../shared/errors.js";
import type { GcReport, ManifestInfo, RestoreReport, RootEngine, SeenHeads, VerifyReport } from "../../sync/engine-port.js";
import type { RootIdentity } from "../../sync/root.js";
import type { TickOutcome } from "../../sync/tick.js";
import { IgnoreRules, readIgnore } from "../roots/ignore-rules.js";
import type { CallOptions, EngineThread } from "./engine-thread.js";
import type { Method, OpenArgs, Opened } from "./thread-messages.js";

let lastRoot = 0;

/** A root whose engine is in the sync thread. When the thread has died, the next call opens the root in a new one. */
export class RemoteEngine implements RootEngine {
  isClosed = false;
  private generation: number;
  private reopening: Promise<void> | null = null;
  private rules: IgnoreRules;

  private constructor(
    private readonly thread: EngineThread,
    private readonly args: OpenArgs,
    private readonly root: number,
    private readonly opened: Opened,
  ) {
    this.generation = thread.generation;
    this.rules = this.read() ?? new IgnoreRules("", opened.caseSensitive);
  }

  /** Rejects with AuraError `root_missing`, `state_unreadable`, `config_invalid`. */
  static async open(thread: EngineThread, args: OpenArgs): Promise<RemoteEngine> {
    const root = ++lastRoot;
    return new RemoteEngine(thread, args, root, await thread.call<Opened>(root, "open", [args]));
  }

  get identity(): RootIdentity {
    return this.opened.identity;
  }

  get path(): string {
    return this.args.path;
  }

  async tick(...[request, onProgress, signal]: Parameters<RootEngine["tick"]>): Promise<TickOutcome> {
    try {
      return await this.call<TickOutcome>("tick", [request], { onProgress, signal });
    } catch (error) {
      const { code, line } = asAuraError(error);
      return { kind: "error", code, message: line };
    }
  }

  isIgnored(path: string, isDir: boolean): boolean {
    return this.rules.ignores(path, isDir);
  }

  reloadIgnore(): void {
    this.rules = this.read() ?? this.rules;
    this.call("reloadIgnore", []).catch(() => {});
  }

  seenHeads(): Promise<SeenHeads> {
    return this.call("seenHeads", []);
  }

  listHeads(signal?: AbortSignal): Promise<SeenHeads> {
    return this.call("listHeads", [], { signal });
  }

  log(limit: number): Promise<readonly ManifestInfo[]> {
    return this.call("log", [limit]);
  }

  restore(...args: Parameters<RootEngine["restore"]>): Promise<RestoreReport> {
    return this.call("restore", args);
  }

  gc(...args: Parameters<RootEngine["gc"]>): Promise<GcReport> {
    return this.call("gc", args);
  }

  verify({ repair, onProgress }: Parameters<RootEngine["verify"]>[0]): Promise<VerifyReport> {
    return this.call("verify", [{ repair }], { onProgress });
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.generation === this.thread.generation) await this.thread.call(this.root, "close", []).catch(() => {});
  }

  private async call<T>(method: Method, args: readonly unknown[], options: CallOptions = {}): Promise<T> {
    if (this.generation !== this.thread.generation || !this.thread.isAlive) await (this.reopening ??= this.reopen());
    return this.thread.call<T>(this.root, method, args, options);
  }

  private async reopen(): Promise<void> {
    try {
      await this.thread.call(this.root, "open", [this.args]);
      this.generation = this.thread.generation;
    } finally {
      this.reopening = null;
    }
  }

  /** Null when they cannot be read: the rules from before stay. */
  private read(): IgnoreRules | null {
    try {
      return readIgnore(this.args.path, this.opened.caseSensitive);
    } catch {
      return null;
    }
  }
}
