import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { AuraError } from "../../src/shared/errors.js";
import type { TickOutcome } from "../../src/sync/tick.js";
import type { HostRoots } from "../../src/worker/host-roots.js";
import { LocalRoots } from "../../src/worker/local-roots.js";
import { ScriptedClient, ScriptedWorld } from "./scripted-engines.js";

const NEVER = new AbortController().signal;

let world: ScriptedWorld;
let opened: HostRoots[];

beforeEach(() => {
  world = new ScriptedWorld();
  opened = [];
  return async () => {
    for (const roots of opened) await roots.close();
    world.end();
  };
});

async function open(...args: Parameters<ScriptedWorld["open"]>): Promise<HostRoots> {
  const roots = await world.open(...args);
  opened.push(roots);
  return roots;
}

function two(): [string, string] {
  return [world.folder("work"), world.folder("photos")];
}

describe("the roots of a host at the start", () => {
  it("are begun where they say how, opened and watched, in the order of their ids", async () => {
    const [work, photos] = two();
    const init = { root_id: "work", device_id: "laptop", mode: "push", remote: { bucket: "b" } } as const;
    const limits = { uploadLimit: 1, downloadLimit: 2, maxTransfers: 3, maxDelete: 0.4, trashDays: 5 };
    const roots = await open([world.setting(work, { init }), world.setting(photos, { limits })], {
      watcherDebounceMs: 70,
      watcherFallback: "poll",
    });
    expect(world.bootstrapped).toEqual([work]);
    expect(roots.all().map(({ id }) => id)).toEqual(["photos", "work"]);
    expect(world.engine("photos").opened).toEqual({ path: photos, limits });
    expect(world.watches.map(({ request }) => [request.path, request.debounceMs, request.fallback])).toEqual([
      [work, 70, "poll"],
      [photos, 70, "poll"],
    ]);
    expect(world.watches[0]!.request.isIgnored("a.tmp", false)).toBe(true);
    expect(world.records).toEqual([]);
  });

  it.each(["root_missing", "state_unreadable", "config_invalid"] as const)("are all let go when one cannot be opened: %s", async (code) => {
    const [work, photos] = two();
    world.broken.set(photos, new AuraError(code, "no"));
    await expect(open([world.setting(work), world.setting(photos)])).rejects.toMatchObject({ code });
    expect(world.engine("work").closed).toBe(true);
    expect(world.watches.every(({ closed }) => closed)).toBe(true);
    expect(world.records).toEqual([]);
  });

  it("are all let go when one cannot be watched", async () => {
    const [work, photos] = two();
    world.unwatchable.set(photos, new AuraError("watcher_failed", "no more watches"));
    await expect(open([world.setting(work), world.setting(photos)])).rejects.toMatchObject({ code: "watcher_failed" });
    expect(world.engines.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it("are refused when two folders are one root", async () => {
    const [work, again] = [world.folder("work"), world.folder("work-again")];
    await expect(open([world.setting(work), world.setting(again)])).rejects.toMatchObject({
      code: "config_invalid",
      message: `${again} and ${work} are both the root work`,
    });
    expect(world.engines.map(({ closed }) => closed)).toEqual([true, true]);
  });

  it("are told to their workflows with the first connection, again with each, and under another boot by the next aurad", async () => {
    const [work] = two();
    const roots = await open([world.setting(work)]);
    const client = new ScriptedClient();
    roots.connected(client.client, []);
    await expect.poll(() => client.signals("attach")).toHaveLength(1);
    roots.connected(client.client, []);
    await expect.poll(() => client.signals("attach")).toHaveLength(2);
    const [first, second] = client.signals("attach");
    expect(first).toEqual({
      boot: expect.any(String),
      device_id: "laptop",
      path: work,
      mode: "bidirectional",
      interval_ms: 300_000,
      watcher: "events",
    });
    expect(second).toEqual(first);
    expect(client.told[0]!.workflowId).toBe("root/laptop/work");
    await roots.close();
    const later = new ScriptedClient();
    (await open([world.setting(work)])).connected(later.client, []);
    await expect.poll(() => later.signals("attach")).toHaveLength(1);
    expect(later.signals("attach")[0]).not.toMatchObject({ boot: (first as { boot: string }).boot });
  });
});

describe("a tick", () => {
  it("is two records, is kept, and tells how far it is meanwhile", async () => {
    const roots = await open([world.setting(world.folder("work"))]);
    const progress = { stage: "upload", files: 1, filesTotal: 2, bytes: 3, bytesTotal: 4 } as const;
    let end!: (outcome: TickOutcome) => void;
    world.engine("work").tickNow = (_, tell) => {
      tell(progress);
      return new Promise((resolve) => (end = resolve));
    };
    const control = new LocalRoots(
      "laptop",
      () => roots,
      () => undefined,
    );
    expect(await control.get("work")).toMatchObject({ online: true, last_tick: null, next_tick_at: null, recent_ticks: [] });
    const ticking = roots.tick("work", 7, { trigger: "watcher", folders: ["a"] }, NEVER);
    expect(await control.progress("work")).toEqual(progress);
    expect(await control.get("work")).toMatchObject({ ticking: true });
    expect(world.records).toEqual([
      { level: "info", msg: "tick_start", schema_version: 1, event: "tick_start", root_id: "work", tick_index: 7, trigger: "watcher" },
    ]);
    end({ kind: "offline", reason: "connection refused" });
    const record = await ticking;
    expect(world.records[1]).toMatchObject({
      level: "warn",
      msg: "tick_skip",
      event: "tick_skip",
      tick_index: 7,
      reason: "offline",
      detail: "connection refused",
    });
    expect(await control.progress("work")).toBeNull();
    const status = await control.get("work");
    expect(status).toMatchObject({ online: false, ticking: false, last_tick: record, recent_ticks: [record] });
    expect(Date.parse(status.next_tick_at!) - Date.now()).toBeGreaterThan(290_000);
    expect(world.engine("work").ticked).toEqual([{ trigger: "watcher", folders: ["a"] }]);
  });

  it("that breaks is a failed tick of this root alone", async () => {
    const roots = await open(two().map((path) => world.setting(path)));
    world.engine("work").tickNow = () => Promise.reject(new Error("boom"));
    expect(await roots.tick("work", 0, { trigger: "startup" }, NEVER)).toMatchObject({ outcome: "error", error: "boom" });
    expect(await roots.tick("photos", 0, { trigger: "startup" }, NEVER)).toMatchObject({ outcome: "ok" });
    expect(world.records.filter(({ event }) => event === "tick_end").map(({ level, root_id }) => [level, root_id])).toEqual([
      ["error", "work"],
      ["info", "photos"],
    ]);
  });

  it("of a root that this host does not have is none", async () => {
    const roots = await open([world.setting(world.folder("work"))]);
    expect(await roots.tick("other", 0, { trigger: "startup" }, NEVER)).toBeNull();
  });

  it("ends soon when it is given up, and when nobody wants it any more", async () => {
    const roots = await open([world.setting(world.folder("work"))]);
    world.engine("work").tickNow = (_, __, signal) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => resolve({ kind: "error", code: "sync_failed", message: "given up" })),
      );
    const unwanted = new AbortController();
    const first = roots.tick("work", 0, { trigger: "startup" }, unwanted.signal);
    unwanted.abort();
    expect(await first).toMatchObject({ error: "given up" });
    const second = roots.tick("work", 1, { trigger: "startup" }, NEVER);
    roots.abort();
    expect(await second).toMatchObject({ error: "given up" });
  });

  it("is remembered as often as is set, and only once where there is no status listener", async () => {
    const tenTwice = async (more: Parameters<ScriptedWorld["settings"]>[1]): Promise<number> => {
      const roots = await open([world.setting(world.folder("work"))], more);
      for (let n = 0; n < 12; n++) await roots.tick("work", n, { trigger: "watcher" }, NEVER);
      const control = new LocalRoots(
        "laptop",
        () => roots,
        () => undefined,
      );
      expect((await control.get("work")).last_tick).toMatchObject({ tick_index: 11 });
      const { length } = await control.ticks("work", 1000);
      await roots.close();
      return length;
    };
    expect(await tenTwice({ statusTickHistory: 10 })).toBe(10);
    expect(await tenTwice({ statusApi: false })).toBe(0);
  });
});

describe("what calls for ticks", () => {
  async function connected(...names: string[]): Promise<[HostRoots, ScriptedClient]> {
    const roots = await open(
      names.map((name) => world.setting(world.folder(name))),
      { headPollIntervalMs: 20, headPollMaxIntervalMs: 40 },
    );
    const client = new ScriptedClient();
    roots.connected(client.client, []);
    await expect.poll(() => client.signals("attach")).toHaveLength(names.length);
    for (const name of names) await roots.tick(name, 0, { trigger: "startup" }, NEVER);
    return [roots, client];
  }

  it("is a change of a folder, told with the folder", async () => {
    const [, client] = await connected("work");
    world.watches[0]!.tell(["a/b"]);
    await expect.poll(() => client.signals("wake")).toEqual([{ trigger: "watcher", folders: ["a/b"] }]);
  });

  it("is a head of another device that moved", async () => {
    world.heads = { laptop: "1", desk: "1" };
    const [, client] = await connected("work");
    await expect.poll(() => world.lists).toBeGreaterThan(2);
    world.heads = { laptop: "2", desk: "1" };
    await expect.poll(() => world.lists).toBeGreaterThan(5);
    expect(client.signals("wake")).toEqual([]);
    world.heads = { laptop: "2", desk: "2" };
    await expect.poll(() => client.signals("wake")).toEqual([{ trigger: "head-poll", folders: [] }]);
  });

  it("is no poll where nothing of others is taken", async () => {
    const [, client] = await connected("push-only");
    world.watches[0]!.tell([""]);
    await expect.poll(() => client.signals("wake")).toHaveLength(1);
    expect(world.lists).toBe(0);
  });

  it("is a saved .aura/ignore, after the engine has read it", async () => {
    const [, client] = await connected("work");
    writeFileSync(join(world.dir, "work/.aura/ignore"), "*.bak\n");
    world.watches[0]!.tell([".aura"]);
    await expect.poll(() => client.signals("wake")).toEqual([{ trigger: "watcher" }]);
    expect(world.engine("work").ignoreReads).toBe(1);
  });

  it("waits while Temporal is away, and is told once when it is back", async () => {
    const [roots, client] = await connected("work");
    client.away = true;
    for (const folder of ["a", "b", "a"]) world.watches[0]!.tell([folder]);
    await expect.poll(() => world.said.filter(({ level }) => level === "warn")).toHaveLength(1);
    client.away = false;
    roots.connected(client.client, []);
    await expect.poll(() => client.signals("wake")).toEqual([{ trigger: "watcher", folders: ["a", "b"] }]);
  });

  it("is nothing any more once aurad stops", async () => {
    const [roots, client] = await connected("work");
    await roots.quiet();
    world.watches[0]!.tell(["a"]);
    const { lists } = world;
    await new Promise((resolve) => setTimeout(resolve, 100)); // nothing is awaited here but that nothing happens
    expect([client.signals("wake"), world.lists]).toEqual([[], lists]);
    expect(world.watches[0]!.closed).toBe(true);
    expect(world.engine("work").closed).toBe(false);
  });
});

describe("this host's API", () => {
  it("asks the engine itself for all that needs no tick, with Temporal or without", async () => {
    const roots = await open([world.setting(world.folder("work"))]);
    const control = new LocalRoots(
      "laptop",
      () => roots,
      () => undefined,
    );
    expect(await control.log("work", 50)).toHaveLength(30);
    expect(await control.restore("work", "a", { timeMs: 1 })).toEqual({ manifest: "m0", restored: ["a"], unchanged: 0 });
    expect(await control.gc("work", { apply: true, windowMs: 1, historyMs: 1 })).toMatchObject({ deleted: true });
    expect(await control.verify(join(world.dir, "work"), { repair: false })).toEqual({ objects: 1, bytes: 5, bad: [] });
    expect(world.said.map(({ msg }) => msg)).toEqual([
      "restored",
      "content that nothing needs was deleted",
      "content was read back and checked",
    ]);
    await expect(control.sync("work", {})).rejects.toMatchObject({ code: "temporal_unreachable" });
  });

  it("knows no root by another name, and says which there are", async () => {
    const roots = await open([world.setting(world.folder("work"))]);
    const control = new LocalRoots(
      "laptop",
      () => roots,
      () => undefined,
    );
    await expect(control.get("worc")).rejects.toMatchObject({ code: "not_found", fix: "did you mean work?" });
    const none = new LocalRoots(
      "laptop",
      () => undefined,
      () => undefined,
    );
    expect(await none.list()).toEqual([]);
    await expect(none.sync("work", {})).rejects.toMatchObject({ code: "not_found", message: "host laptop has no sync root work" });
  });
});
