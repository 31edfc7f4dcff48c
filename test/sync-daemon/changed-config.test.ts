import { beforeEach, describe, expect, it } from "vitest";
import { AuraError } from "../../src/shared/errors.js";
import type { HostRoots } from "../../src/worker/host-roots.js";
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

describe("a changed aura.toml", () => {
  it("adds roots, takes roots out, and leaves the others as they are", async () => {
    const [work, photos] = two();
    const roots = await open([world.setting(work), world.setting(photos)]);
    const client = new ScriptedClient();
    roots.connected(client.client, []);
    await expect.poll(() => client.signals("attach")).toHaveLength(2);
    const music = world.folder("music");
    await roots.change(world.settings([world.setting(photos), world.setting(music)]));
    expect(roots.all().map(({ id }) => id)).toEqual(["music", "photos"]);
    expect(client.told.filter(({ signal }) => signal === "removed").map(({ workflowId }) => workflowId)).toEqual(["root/laptop/work"]);
    await expect.poll(() => client.signals("attach")).toHaveLength(3);
    expect([world.engine("work").closed, world.engine("photos").closed]).toEqual([true, false]);
    expect(world.watches.map(({ request, closed }) => [request.path, closed])).toEqual([
      [work, true],
      [photos, false],
      [music, false],
    ]);
    expect(await roots.tick("work", 3, { trigger: "interval" }, NEVER)).toBeNull();
  });

  it("changes an interval without opening anything anew", async () => {
    const [work] = two();
    const roots = await open([world.setting(work)]);
    const client = new ScriptedClient();
    roots.connected(client.client, []);
    await expect.poll(() => client.signals("attach")).toHaveLength(1);
    await roots.change(world.settings([world.setting(work, { intervalMs: 5000 })]));
    await expect.poll(() => client.signals("attach")).toHaveLength(2);
    const [before, after] = client.signals("attach") as { boot: string; interval_ms: number }[];
    expect(after).toEqual({ ...before, interval_ms: 5000 });
    expect(roots.named("work").status.interval_s).toBe(5);
    expect(world.engines).toHaveLength(1);
  });

  it("opens a root anew for other limits, after its tick has ended where nothing is half done", async () => {
    const [work] = two();
    const roots = await open([world.setting(work)]);
    const old = world.engine("work");
    old.tickNow = (_, __, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve({ kind: "error", code: "sync_failed", message: "cut" })));
    const cut = roots.tick("work", 0, { trigger: "startup" }, NEVER);
    const { limits } = world.setting(work);
    const changing = roots.change(world.settings([world.setting(work, { limits: { ...limits, uploadLimit: 1000 } })]));
    const meanwhile = roots.tick("work", 1, { trigger: "watcher" }, NEVER);
    await changing;
    expect(await cut).toMatchObject({ error: "cut" });
    expect(await meanwhile).toMatchObject({ outcome: expect.stringMatching(/ok|error/) });
    expect(old.closed).toBe(true);
    expect(world.engine("work")).not.toBe(old);
    expect(world.engine("work").opened.limits.uploadLimit).toBe(1000);
    expect(roots.all()).toHaveLength(1);
  });

  it("that names a root which cannot be opened is one record, and everything else goes on", async () => {
    const [work, photos] = two();
    const roots = await open([world.setting(work)]);
    world.broken.set(photos, new AuraError("root_missing", "no root.toml in photos"));
    const music = world.folder("music");
    await roots.change(world.settings([world.setting(work), world.setting(photos), world.setting(music)]));
    expect(roots.all().map(({ id }) => id)).toEqual(["music", "work"]);
    expect(world.said.filter(({ level }) => level === "error").map(({ fields }) => fields["error"])).toEqual([
      expect.stringContaining("no root.toml in photos"),
    ]);
    world.broken.clear();
    await roots.change(world.settings([world.setting(work), world.setting(photos), world.setting(music)]));
    expect(roots.all().map(({ id }) => id)).toEqual(["music", "photos", "work"]);
  });

  it("changes the pace of the polls, the debounce and the number of ticks kept", async () => {
    const [work] = two();
    const roots = await open([world.setting(work)], { headPollIntervalMs: 60_000 });
    await expect.poll(() => world.lists).toBe(1);
    for (let n = 0; n < 20; n++) await roots.tick("work", n, { trigger: "watcher" }, NEVER);
    const more = { headPollIntervalMs: 20, headPollMaxIntervalMs: 20, watcherDebounceMs: 70, statusTickHistory: 10 };
    await roots.change(world.settings([world.setting(work)], more));
    await expect.poll(() => world.lists).toBeGreaterThan(3);
    expect(world.watches.map(({ request, closed }) => [request.debounceMs, closed])).toEqual([
      [500, true],
      [70, false],
    ]);
    expect(roots.named("work").ring.slice(100)).toHaveLength(10);
    expect(world.engines).toHaveLength(1);
  });
});
