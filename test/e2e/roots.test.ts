import { existsSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RootStatus, TickRecord } from "../../src/sync/control.js";
import { missing } from "../support/components.js";
import { syncedHomes } from "../support/synced-home.js";
import { until } from "../support/until.js";

describe.skipIf(missing("temporal") || missing("versitygw"))("an aurad with sync roots", () => {
  const { home, bucket } = syncedHomes();

  it("keeps the folders of its arguments in step, tells each tick on stdout, and what it is when asked", async () => {
    const here = home();
    const root = here.root("work", await bucket());
    here.write("work/a.txt", "one");
    here.config(`[[roots]]\npath = "${here.path("other")}"\n[[roots]]\npath = "${root}"\ninterval = "1h"\n`);
    await here.start([root]);
    const first = await here.tick("work");
    expect(here.ticks()[0]).toEqual({
      level: "INFO",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      schema_version: 1,
      event: "tick_start",
      root_id: "work",
      tick_index: 0,
      trigger: "startup",
      msg: "tick_start",
    });
    expect(first).toMatchObject({ level: "INFO", msg: "tick_end", event: "tick_end", tick_index: 0, trigger: "startup", outcome: "ok" });
    expect(first["duration_ms"]).toEqual(expect.any(Number));
    expect(first.sync).toMatchObject({
      schema_version: 1,
      root_id: "work",
      uploaded: { files: 1, bytes: 3 },
      manifest_id: expect.any(String),
      in_sync: true,
    });

    here.write("work/sub/b.txt", "two!");
    const second = await here.tick("work", ({ trigger, sync }) => trigger === "watcher" && sync!.uploaded.files === 1);
    expect(second.sync!.uploaded).toEqual({ files: 1, bytes: 4 });

    const { roots } = await here.get<{ roots: RootStatus[] }>("/v1/roots");
    expect(roots).toMatchObject([
      { root_id: "work", path: root, online: true, in_sync: true, error: null, watcher: "events", interval_s: 3600 },
    ]);
    const { recent_ticks } = await here.get<{ recent_ticks: TickRecord[] }>("/v1/roots/work");
    expect(recent_ticks[0]).toMatchObject({ tick_index: 0, trigger: "startup", outcome: "ok", sync: first.sync });

    const status = await here.aurad("status");
    expect(status).toMatchObject({ status: 0, stderr: "" });
    expect(status.stdout).toMatch(/^work {2}online {2}\d+s ago via watcher \(\d+(\.\d+)?m?s\) {2}~\/folders\/work$/m);
    expect(JSON.parse((await here.aurad("status", "--json")).stdout)).toMatchObject({ roots: [{ root_id: "work" }] });
    expect(await here.daemon.stop()).toBe(0);
    expect(here.daemon.stderr).toBe("");
  });

  it("lets --interval go before what aura.toml says, and ticks once an interval", async () => {
    const here = home();
    here.root("work", await bucket());
    here.config(`default_interval = "1h"\n[[roots]]\npath = "${here.path("work")}"\ninterval = "1h"\n`);
    await here.start(["--interval", "1s"]);
    await until(() => here.ended("work").length >= 3);
    expect(
      here
        .ended("work")
        .map(({ trigger, tick_index }) => [trigger, tick_index])
        .slice(0, 3),
    ).toEqual([
      ["startup", 0],
      ["interval", 1],
      ["interval", 2],
    ]);
  });

  it("begins a root as aura.toml says, once; from then on its root.toml decides", async () => {
    const here = home();
    const { bucket: name, endpoint } = await bucket();
    const config = (device: string): string =>
      [
        "[[roots]]",
        'path = "~/folders/photos"',
        "[roots.init]",
        'root_id = "photos"',
        `device_id = "${device}"`,
        'mode = "bidirectional"',
        "[roots.init.remote]",
        `bucket = "${name}"`,
        `endpoint = "${endpoint}"`,
      ].join("\n");
    here.config(config("$DEVICE"));
    await here.start([], { DEVICE: "first" });
    expect(here.daemon.says("bootstrapped root")).toEqual({
      level: "WARN",
      time: expect.any(String),
      root: here.path("photos"),
      root_id: "photos",
      device_id: "first",
      mode: "bidirectional",
      msg: "bootstrapped root",
    });
    expect((await here.tick("photos")).sync).toMatchObject({ device_id: "first" });
    expect(existsSync(here.path("photos/.aura/ignore"))).toBe(true);
    await here.daemon.stop();
    here.config(config("second"));
    await here.start();
    expect((await here.tick("photos")).sync).toMatchObject({ device_id: "first" });
    expect(here.daemon.says("bootstrapped root")).toBeUndefined();
  });

  it("brings an edit of one device to another, by what it finds in the bucket", async () => {
    const remote = await bucket();
    const [desk, laptop] = [home(), home()];
    for (const one of [desk, laptop]) {
      one.root("work", remote);
      one.config(
        `head_poll_interval = "1s"\nhead_poll_max_interval = "1s"\nwatcher_debounce = "50ms"\n[[roots]]\npath = "${one.path("work")}"\n`,
      );
      await one.start();
      await one.tick("work");
    }
    desk.write("work/from desk.txt", "hello");
    await until(() => laptop.read("work/from desk.txt") === "hello");
    const arrived = await laptop.tick("work", ({ sync }) => sync!.downloaded.files === 1);
    expect(arrived.trigger).toBe("head-poll");
    laptop.write("work/from laptop.txt", "hello too");
    await until(() => desk.read("work/from laptop.txt") === "hello too");
    rmSync(laptop.path("work/from desk.txt"));
    await until(() => desk.read("work/from desk.txt") === null);
  });

  it("syncs at once when a person asks, tells what a dry run would do, and puts files back", async () => {
    const here = home();
    here.root("work", await bucket());
    here.write("work/a.txt", "one");
    here.config(`[[roots]]\npath = "${here.path("work")}"\n`);
    await here.start();
    const before = await here.tick("work");
    const { body: dry } = await here.post<{ tick: TickRecord }>("/v1/roots/work/sync", { dry_run: true });
    expect(dry.tick).toMatchObject({ trigger: "manual", outcome: "ok", sync: { dry_run: true, plan: [] } });
    const { status, body } = await here.post<{ root_id: string; tick: TickRecord }>("/v1/roots/work/sync");
    expect([status, body.root_id, body.tick.trigger, body.tick.outcome]).toEqual([200, "work", "manual", "ok"]);
    here.write("work/a.txt", "another");
    await here.tick("work", ({ sync }) => sync!.uploaded.bytes === 7);
    const { manifests } = await here.get<{ manifests: { id: string }[] }>("/v1/roots/work/log?limit=5");
    expect(manifests.map(({ id }) => id)).toContain(before.sync!.manifest_id);
    const restored = await here.post("/v1/roots/work/restore", { path: "a.txt", manifest: before.sync!.manifest_id });
    expect(restored).toMatchObject({ status: 200, body: { root_id: "work", restored: ["a.txt"] } });
    expect(here.read("work/a.txt")).toBe("one");
  });

  it("takes a saved .aura/ignore over at once", async () => {
    const here = home();
    here.root("work", await bucket());
    here.write("work/a.log", "noise");
    here.config(`watcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`);
    writeFileSync(here.path("work/.aura/ignore"), "*.log\nbuild/\n");
    here.write("work/build/x", "x");
    await here.start();
    expect((await here.tick("work")).sync!.uploaded.files).toBe(0);
    writeFileSync(here.path("work/.aura/ignore"), "*.tmp\n");
    expect((await here.tick("work", ({ sync }) => sync!.uploaded.files > 0)).sync!.uploaded.files).toBe(2);
    // The folder that was ignored is watched from now on.
    here.write("work/build/y", "y");
    await here.tick("work", ({ sync }) => sync!.uploaded.files === 1);
  });

  it("takes roots, intervals and limits of a saved aura.toml over, and leaves a bad one alone", async () => {
    const here = home();
    const remote = await bucket();
    for (const name of ["work", "photos"]) here.root(name, remote);
    const entry = (name: string, more = ""): string => `[[roots]]\npath = "${here.path(name)}"\n${more}`;
    here.config("");
    await here.start();
    expect(await here.get("/v1/roots")).toEqual({ schema_version: 1, roots: [] });
    here.config(entry("work"));
    await here.tick("work");
    here.config(entry("work", 'interval = "2m"\n') + entry("photos"));
    await here.tick("photos");
    await until(async () => (await here.rootStatus("work")).interval_s === 120);
    here.config('upload_limit = "fast"\n');
    await until(() => here.daemon.log.find(({ level, msg }) => level === "error" && msg!.includes("aura.toml is not taken over")));
    expect((await here.get<{ roots: RootStatus[] }>("/v1/roots")).roots.map(({ root_id }) => root_id)).toEqual(["photos", "work"]);
    const ended = here.ended("photos").length;
    here.config(`upload_limit = "1MB"\n${entry("photos")}`);
    await here.tick("photos", ({ trigger }) => trigger === "startup", ended);
    expect((await here.get<{ roots: RootStatus[] }>("/v1/roots")).roots.map(({ root_id }) => root_id)).toEqual(["photos"]);
    here.write("work/late.txt", "nobody syncs this");
    here.write("photos/late.txt", "somebody does");
    await here.tick("photos", ({ sync }) => sync!.uploaded.files === 1);
    expect(here.ended("work").filter(({ sync }) => sync!.uploaded.files > 0)).toEqual([]);
  });
});
