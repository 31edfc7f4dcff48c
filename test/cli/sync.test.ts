import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { builtCli } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";
import type { FakeRoots } from "../support/fake-roots.js";

let main: string;
let cli: CliHost;
let roots: FakeRoots;

beforeAll(async () => {
  main = await builtCli();
});
beforeEach(async () => {
  cli = new CliHost(main);
  ({ roots } = cli);
  await cli.serve([]);
  return () => cli.remove();
});

const lines = (text: string): string[] => text.trimEnd().split("\n");
const widest = (text: string): number => Math.max(...lines(text).map((line) => line.length));
const files = (n: number, bytes: number) => ({ files: n, bytes });

describe("sync", () => {
  it("tells what came of it in a line a root", async () => {
    roots.add({
      rootId: "work",
      path: "/work",
      ticks: [{ uploaded: files(3, 12_345), downloaded: files(1, 999), renamed: 2, deleted: { here: 1, told: 4 } }],
    });
    roots.add({ rootId: "photos", path: "/photos" });
    const { status, stdout, stderr } = await cli.run("sync");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(
      [
        "work: in sync; 3 files (12.3 kB) up, 1 file (999 B) down, 2 renamed, 1 deleted",
        "here, 4 deleted elsewhere (147ms)",
        "photos: in sync; nothing to do (147ms)",
        "",
      ].join("\n"),
    );
    expect(roots.calls).toEqual([
      ["sync", "work", {}],
      ["sync", "photos", {}],
    ]);
  });

  it("takes a root by its name, by its folder, and by a path in it", async () => {
    const folder = join(realpathSync(cli.home), "docs");
    mkdirSync(join(folder, "sub"), { recursive: true });
    symlinkSync(folder, join(cli.home, "link"));
    roots.add({ rootId: "docs", path: folder }).add({ rootId: "other", path: "/other" });
    for (const named of ["docs", folder, join(folder, "sub/gone"), join(cli.home, "link")]) {
      expect((await cli.run("sync", named)).stdout).toBe("docs: in sync; nothing to do (147ms)\n");
    }
    expect(roots.calls.map(([, root]) => root)).toEqual(["docs", "docs", "docs", "docs"]);
  });

  it("names the nearest root for a mistyped one, a command of its own, or those that there are", async () => {
    roots.add({ rootId: "work", path: "/work" }).add({ rootId: "photos", path: "/photos" });
    for (const [named, fix] of [
      ["wrok", "did you mean work?"],
      ["verfy", "did you mean verify?"],
      ["/elsewhere", "its roots: work, photos"],
    ]) {
      expect(await cli.run("sync", named!)).toMatchObject({
        status: 1,
        stdout: "",
        stderr: `aura-msg: host laptop has no root ${JSON.stringify(named)}; ${fix}\n`,
      });
    }
    expect(roots.calls).toEqual([]);
  });

  it("shows conflict copies and what could not be synced below, in 80 columns", async () => {
    const long = `${"a-rather-long-folder-name/".repeat(4)}notes.conflict-desk-20261121T135800Z.txt`;
    const problems = [{ path: "locked\u001b[31m.db", message: "permission denied; give aurad the right to read it" }];
    roots.add({ rootId: "work", path: "/work", ticks: [{ conflicts: [long], problems, problems_total: 7, in_sync: false }] });
    const { status, stdout } = await cli.run("sync", "work");
    expect(status).toBe(0);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/^work: not in sync yet; 1 conflict \(147ms\)\n {2}conflict copy {2}a-rather/);
    expect(lines(stdout).slice(-2)).toEqual([
      "  not synced  locked.db: permission denied; give aurad the right to read it",
      "  and 6 more not synced",
    ]);
  });

  it("only asks what would be done with --dry-run", async () => {
    const plan = [
      { action: "upload", path: "new.txt" },
      { action: "delete-told", path: "old.txt" },
      { action: "rename", path: "b.txt", from: "a.txt" },
      { action: "delete", path: "gone" },
    ] as const;
    roots.add({ rootId: "work", path: "/work", ticks: [{ plan }, { plan: [] }] });
    expect((await cli.run("sync", "work", "--dry-run")).stdout).toBe(
      [
        "work: a sync would make 4 changes (147ms)",
        "  upload            new.txt",
        "  delete elsewhere  old.txt",
        "  rename            a.txt -> b.txt",
        "  delete here       gone",
        "",
      ].join("\n"),
    );
    expect((await cli.run("sync", "--dry-run")).stdout).toBe("work: nothing to do (147ms)\n");
    expect(roots.calls.map(([, , request]) => request)).toEqual([{ dryRun: true }, { dryRun: true }]);
  });

  const reason = "40 of 60 files are missing here; nothing was deleted; if that is meant: aura-msg sync --confirm";
  const held = { deletes: 40, of: 60, reason };

  it("ends with 3 when the brake holds it, says how to look and how to let it happen", async () => {
    roots.add({
      rootId: "work",
      path: "/work",
      ticks: [{ held: { ...held, paths: ["a", "b"] }, in_sync: false }, { deleted: { here: 0, told: 40 } }],
    });
    const { status, stdout, stderr } = await cli.run("sync", "work");
    expect({ status, stdout, stderr }).toEqual({
      status: 3,
      stdout: "work: held; nothing done (147ms)\n  not deleted  a\n  not deleted  b\n  and 38 more not deleted\n",
      stderr:
        "aura-msg: work: 40 of 60 files are missing here; nothing was deleted; " +
        "look at them with: aura-msg sync work --dry-run --confirm; let it happen with: aura-msg sync work --confirm\n",
    });
    expect((await cli.run("sync", "work", "--confirm")).stdout).toBe("work: in sync; 40 deleted elsewhere (147ms)\n");
    expect(roots.calls.at(-1)).toEqual(["sync", "work", { confirm: true }]);
  });

  it("is no failure when a dry run would be held", async () => {
    roots.add({ rootId: "work", path: "/work", ticks: [{ held, plan: [{ action: "delete-told", path: "a" }] }] });
    const { status, stdout } = await cli.run("sync", "work", "--dry-run");
    expect(status).toBe(0);
    expect(stdout.replaceAll("\n", " ")).toContain(
      "a sync would make 1 change; 40 of 60 files would be deleted, which waits for a person: see them",
    );
  });

  it("ends with 3 when a tick failed, 2 when nobody answers at the endpoint, with the graver of both", async () => {
    const offline = { offline: "S3 at http://127.0.0.1:9 does not answer: refused; check the network" };
    roots.add({ rootId: "off", path: "/off", ticks: [offline, offline] });
    roots.add({ rootId: "bad", path: "/bad", ticks: [{ error: "bucket b is not there" }, { error: "bucket b is not there" }] });
    roots.add({ rootId: "fine", path: "/fine" });
    const alone = await cli.run("sync", "off");
    expect(alone).toMatchObject({
      status: 2,
      stdout: "",
      stderr: "aura-msg: off: S3 at http://127.0.0.1:9 does not answer: refused; check the network\n",
    });
    const all = await cli.run("sync");
    expect([all.status, all.stdout]).toEqual([3, "fine: in sync; nothing to do (147ms)\n"]);
    expect(lines(all.stderr)[1]).toBe("aura-msg: bad: bucket b is not there; see the reason");
  });

  it("prints the report of a named root with --json, and a list of them without a name", async () => {
    roots.add({ rootId: "work", path: "/work", ticks: [{ uploaded: files(1, 2) }] });
    const one = JSON.parse((await cli.run("sync", "work", "--json")).stdout);
    expect(one).toMatchObject({ schema_version: 1, root_id: "work", manifest_id: expect.any(String), uploaded: { files: 1, bytes: 2 } });
    expect(one).not.toHaveProperty("roots");
    const only = JSON.parse((await cli.run("sync", "--json")).stdout);
    expect(only).toMatchObject({ root_id: "work", uploaded: { files: 0 }, roots: [{ root_id: "work", uploaded: { files: 0 } }] });
    roots.add({ rootId: "bad", path: "/bad", ticks: [{ error: "no" }] });
    const { status, stdout, stderr } = await cli.run("sync", "--json");
    expect({ status, stderr }).toEqual({ status: 3, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      schema_version: 1,
      roots: [
        expect.objectContaining({ root_id: "work", in_sync: true }),
        expect.objectContaining({ root_id: "bad", outcome: "error", error: { code: "sync_failed", message: "no", fix: "see the reason" } }),
      ],
    });
  });

  it("says what to do on a host without roots, and without a daemon", async () => {
    for (const command of [["sync"], ["root", "list"], ["sync", "wait"], ["sync", "gc"]]) {
      expect((await cli.run(...command)).stdout).toBe("no roots on laptop; make one with: aura-msg root init PATH --bucket B\n");
    }
    expect(JSON.parse((await cli.run("sync", "--json")).stdout)).toEqual({ schema_version: 1, roots: [] });
    await cli.stopServing();
    const { status, stdout } = await cli.run("sync", "--json");
    expect([status, JSON.parse(stdout).error.code]).toEqual([2, "daemon_not_running"]);
  });

  it("reads its own options only, and those of a command below it not at all", async () => {
    roots.add({ rootId: "work", path: "/work" });
    for (const [args, message] of [
      [["sync", "wait", "--dry-run"], "unknown option '--dry-run'"],
      [["sync", "--dry-run", "wait"], "unknown option '--dry-run' of sync wait"],
      [["sync", "work", "--apply"], "unknown option '--apply'"],
      [["sync", "work", "photos"], "too many arguments for 'sync'"],
      [["sync", "gc", "--window", "soon"], '--window: "soon" is not a duration'],
      [["sync", "log", "-n", "0"], '-n, --lines: "0" is not a number from 1 to 1000'],
      [["sync", "restore", "/work/a"], "sync restore needs --at <time>"],
      [["sync", "restore", "/work/a", "--at", "soon"], '--at: "soon" is neither a time nor a manifest'],
    ] as const) {
      const { status, stdout, stderr } = await cli.run(...args);
      expect([args, status, stdout]).toEqual([args, 1, ""]);
      expect(stderr.startsWith(`aura-msg: ${message}`), stderr).toBe(true);
    }
    expect(roots.calls).toEqual([]);
  });
});

describe("sync wait", () => {
  it("syncs until all is in step, and tells what came of the last tick", async () => {
    const moving = { uploaded: files(1, 10), in_sync: false };
    roots.add({ rootId: "work", path: "/work", ticks: [moving, { in_sync: false }, { downloaded: files(1, 10) }] });
    const { status, stdout } = await cli.run("sync", "wait", "work");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "work: in sync; 1 file (10 B) down (147ms)\n" });
    expect(roots.calls).toHaveLength(3);
    const json = JSON.parse((await cli.run("sync", "wait", "--json")).stdout);
    expect(json).toMatchObject({ schema_version: 1, root_id: "work", in_sync: true, ticks: 1, tick: { outcome: "ok" } });
  });

  it("waits for an endpoint that nobody answers at, and ends with 2 when it still does not in time", async () => {
    roots.add({ rootId: "work", path: "/work", ticks: [{ offline: "away" }] });
    expect((await cli.run("sync", "wait")).status).toBe(0);
    roots.add({ rootId: "work", path: "/work", ticks: Array.from({ length: 50 }, () => ({ offline: "away" })) });
    const { status, stderr, ms } = await cli.run("sync", "wait", "--timeout", "600ms");
    expect({ status, stderr }).toEqual({ status: 2, stderr: "aura-msg: work: away; check the endpoint and the network\n" });
    expect(ms).toBeLessThan(5000);
  });

  it("ends with 3 in time while a tick goes on", async () => {
    roots.add({ rootId: "work", path: "/work" });
    let release = (): void => {};
    roots.gate = new Promise((resolve) => (release = resolve));
    const { status, stderr } = await cli.run("sync", "wait", "--timeout", "300ms");
    release();
    expect({ status, stderr }).toEqual({ status: 3, stderr: "aura-msg: work: not in sync after 300ms; wait longer\n" });
  });

  it("ends with 3 at once for what will not come of itself: the brake, a failure, the same problems twice", async () => {
    const problems = [{ path: "a", message: "permission denied" }];
    const stuck = { problems, problems_total: 1, in_sync: false };
    for (const [ticks, said, asked] of [
      [[{ held: { deletes: 30, of: 40, reason: "30 of 40 files would be deleted; confirm" }, in_sync: false }], "30 of 40 files", 1],
      [[{ error: "wrong credentials" }], "wrong credentials", 1],
      [[stuck, stuck], "1 path cannot be synced; correct what stands above", 2],
    ] as const) {
      roots.calls.length = 0;
      roots.add({ rootId: "work", path: "/work", ticks });
      const { status, stderr } = await cli.run("sync", "wait");
      expect([status, roots.calls.length]).toEqual([3, asked]);
      expect(stderr).toContain(`aura-msg: work: ${said}`);
    }
  });
});
