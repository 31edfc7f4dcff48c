import { describe, expect, it } from "vitest";
import { RootWatcher, type RootEars } from "../../src/monitors/root-watcher.js";
import { AuraError } from "../../src/shared/errors.js";
import { silentLog } from "../../src/shared/log.js";
import type { WatchRequest, WatcherPort } from "../../src/sync/ports.js";
import type { Wake } from "../../src/sync/schedule.js";

const request: WatchRequest = { path: "/w", debounceMs: 500, fallback: "fail", isIgnored: () => false };

/** A watcher that tells what the test says, and a root that hears it. */
class Scripted implements WatcherPort, RootEars {
  tell!: (folders: readonly string[] | "all") => void;
  readonly heard: (Wake | "ignore read" | "watched anew")[] = [];
  ignore = "*.tmp";
  refreshes: () => Promise<void> = async () => {};

  async watch(_: WatchRequest, onChange: Scripted["tell"]) {
    this.tell = onChange;
    const refresh = async (): Promise<void> => {
      this.heard.push("watched anew");
      await this.refreshes();
    };
    return { refresh, close: async () => {}, mode: "poll" as const };
  }

  wake(wake: Wake): void {
    this.heard.push(wake);
  }

  ignoreStamp(): string {
    return this.ignore;
  }

  reloadIgnore(): void {
    this.heard.push("ignore read");
  }

  async open(): Promise<RootWatcher> {
    return RootWatcher.open(this, request, this, silentLog);
  }
}

describe("what happens in a root's folders", () => {
  it("calls for a tick that looks at these folders", async () => {
    const root = new Scripted();
    const watcher = await root.open();
    root.tell(["", "a/b"]);
    expect(root.heard).toEqual([{ trigger: "watcher", folders: ["", "a/b"] }]);
    expect(watcher.mode).toBe("poll");
  });

  it("calls for one that looks at everything when events were lost", async () => {
    const root = new Scripted();
    await root.open();
    root.tell("all");
    expect(root.heard).toEqual([{ trigger: "watcher" }]);
  });

  it("is nobody's business within .aura: ticks themselves write there", async () => {
    const root = new Scripted();
    await root.open();
    root.tell([".aura", ".aura/tmp", ".aura/trash/x"]);
    expect(root.heard).toEqual([]);
    root.tell([".aura", "a", ".aura/tmp"]);
    expect(root.heard).toEqual([{ trigger: "watcher", folders: ["a"] }]);
  });
});

describe("a saved .aura/ignore", () => {
  it("is read, the folders are watched by it, and then everything is looked at", async () => {
    const root = new Scripted();
    await root.open();
    root.ignore = "*.bak";
    root.tell([".aura", "a"]);
    await Promise.resolve();
    await Promise.resolve();
    expect(root.heard).toEqual(["ignore read", "watched anew", { trigger: "watcher" }]);
    root.tell([".aura"]);
    expect(root.heard).toHaveLength(3);
  });

  it("is taken over when events were lost, too, and when folders cannot be watched any more", async () => {
    const root = new Scripted();
    await root.open();
    root.refreshes = () => Promise.reject(new AuraError("watcher_failed", "no more watches"));
    root.ignore = "";
    root.tell("all");
    await expect.poll(() => root.heard).toEqual(["ignore read", "watched anew", { trigger: "watcher" }]);
  });
});

it("a folder that cannot be watched is the caller's", async () => {
  const root = new Scripted();
  root.watch = () => Promise.reject(new AuraError("watcher_failed", "no more watches"));
  await expect(root.open()).rejects.toMatchObject({ code: "watcher_failed" });
});
