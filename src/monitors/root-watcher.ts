import type { Log } from "../shared/log.js";
import type { Path } from "../sync/entry.js";
import type { Watching, WatcherPort, WatchRequest } from "../sync/ports.js";
import type { Wake } from "../sync/schedule.js";

/** Where a root keeps what belongs to it and is never synced. */
const OWN = ".aura";

export interface RootEars {
  wake(wake: Wake): void;
  /** Tells one content of `.aura/ignore` from another; empty when there is none. */
  ignoreStamp(): string;
  /** The rules are another: the engine reads them. */
  reloadIgnore(): void;
}

/** Turns what happens in a root's folders into calls for ticks, and takes changed ignore rules over. */
export class RootWatcher {
  private watching: Watching | undefined;
  private stamp: string;

  private constructor(
    private readonly ears: RootEars,
    private readonly log: Log,
  ) {
    this.stamp = ears.ignoreStamp();
  }

  /** Rejects with AuraError `watcher_failed`. Whatever happens after it resolved is told. */
  static async open(port: WatcherPort, request: WatchRequest, ears: RootEars, log: Log): Promise<RootWatcher> {
    const watcher = new RootWatcher(ears, log);
    watcher.watching = await port.watch(request, (folders) => watcher.changed(folders));
    return watcher;
  }

  get mode(): Watching["mode"] {
    return this.watching?.mode ?? "events";
  }

  async close(): Promise<void> {
    await this.watching?.close();
  }

  private changed(folders: readonly Path[] | "all"): void {
    const isOwn = folders === "all" || folders.includes(OWN);
    if (isOwn && this.isIgnoreNew()) return this.takeIgnore();
    if (folders === "all") return this.ears.wake({ trigger: "watcher" });
    const others = folders.filter((folder) => folder !== OWN && !folder.startsWith(`${OWN}/`));
    if (others.length > 0) this.ears.wake({ trigger: "watcher", folders: others });
  }

  private isIgnoreNew(): boolean {
    const stamp = this.ears.ignoreStamp();
    const isNew = stamp !== this.stamp;
    this.stamp = stamp;
    return isNew;
  }

  /** What was ignored is looked at now, and the other way round: all of it. */
  private takeIgnore(): void {
    this.ears.reloadIgnore();
    this.log.info({}, ".aura/ignore changed and is taken over");
    const wake = (): void => this.ears.wake({ trigger: "watcher" });
    if (this.watching === undefined) return wake();
    this.watching.refresh().then(wake, (error: unknown) => {
      this.log.warn({ error: error instanceof Error ? error.message : String(error) }, "some folders are not watched");
      wake();
    });
  }
}
