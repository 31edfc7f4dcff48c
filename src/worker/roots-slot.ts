import type { Client } from "@temporalio/client";
import type { SyncRootPorts } from "../activities/sync-root.js";
import { unknownRoot } from "../api/root-names.js";
import type { Home } from "../adapters/home/home.js";
import type { Settings } from "../host/settings.js";
import { asAuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";
import type { HostRoots } from "./host-roots.js";

export interface RootsDaemon {
  readonly home: Home;
  readonly host: string;
  readonly log: Log;
  /** For the records of ticks. */
  readonly ticks: Log;
}

/** Where the sync roots of this host are. Nothing of them is loaded before there is one. */
export class RootsSlot implements SyncRootPorts {
  private loaded: HostRoots | undefined;
  private connection: readonly [Client, readonly string[]] | undefined;

  constructor(private readonly daemon: RootsDaemon) {}

  get current(): HostRoots | undefined {
    return this.loaded;
  }

  /** At the start: all of them or none. Rejects as `HostRoots.open` does. */
  async open(settings: Settings): Promise<void> {
    if (settings.roots.length === 0) return;
    const { HostRoots: loaded } = await import("./host-roots.js");
    this.loaded = await loaded.open({ ...this.daemon, settings });
  }

  /** `aura.toml` has changed. Never rejects. */
  async change(settings: Settings): Promise<void> {
    if (this.loaded === undefined && settings.roots.length === 0) return;
    try {
      if (this.loaded === undefined) {
        const { HostRoots: loaded } = await import("./host-roots.js");
        this.loaded = await loaded.open({ ...this.daemon, settings: { ...settings, roots: [] } });
        if (this.connection !== undefined) this.loaded.connected(...this.connection);
      }
      await this.loaded.change(settings);
    } catch (error) {
      this.daemon.log.error({ error: asAuraError(error).line }, "the sync roots of aura.toml cannot be taken over");
    }
  }

  connected(client: Client, unregistered: readonly string[]): void {
    this.connection = [client, unregistered];
    this.loaded?.connected(client, unregistered);
  }

  async quiet(): Promise<void> {
    await this.loaded?.quiet();
  }

  abort(): void {
    this.loaded?.abort();
  }

  async close(): Promise<void> {
    await this.loaded?.close();
  }

  async tick(...args: Parameters<SyncRootPorts["tick"]>): ReturnType<SyncRootPorts["tick"]> {
    return (await this.loaded?.tick(...args)) ?? null;
  }

  async restore(...args: Parameters<SyncRootPorts["restore"]>): ReturnType<SyncRootPorts["restore"]> {
    return this.of(args[0]).restore(...args);
  }

  async gc(...args: Parameters<SyncRootPorts["gc"]>): ReturnType<SyncRootPorts["gc"]> {
    return this.of(args[0]).gc(...args);
  }

  async verify(...args: Parameters<SyncRootPorts["verify"]>): ReturnType<SyncRootPorts["verify"]> {
    return this.of(args[0]).verify(...args);
  }

  async log(...args: Parameters<SyncRootPorts["log"]>): ReturnType<SyncRootPorts["log"]> {
    return this.of(args[0]).log(...args);
  }

  private of(rootId: string): HostRoots {
    if (this.loaded === undefined) throw unknownRoot(rootId, [], this.daemon.host);
    return this.loaded;
  }
}
