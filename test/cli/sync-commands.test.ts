import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
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

describe("sync log", () => {
  const manifests = [
    { id: "20260102T030405123Z-laptop-0000000007-0123456789abcdef", device: "laptop", timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 123), seq: 7 },
    { id: "20260102T040000000Z-desk-0000000041-fedcba9876543210", device: "desk", timeMs: Date.UTC(2026, 0, 2, 4), seq: 41 },
  ];

  it("lists the manifests, the newest first, each with as much of its id as --at needs", async () => {
    roots.add({ rootId: "work", path: "/work", manifests }).add({ rootId: "new", path: "/new" });
    const { status, stdout } = await cli.run("sync", "log", "-n", "5");
    expect(status).toBe(0);
    expect(lines(stdout)).toEqual([
      "work:",
      "TIME                 DEVICE  SEQ  MANIFEST",
      "2026-01-02 04:00:00  desk     41  20260102T040000000Z",
      "2026-01-02 03:04:05  laptop    7  20260102T030405123Z",
      "new: no manifest yet; the first tick writes one",
    ]);
    expect(roots.calls).toContainEqual(["log", "work", 5]);
    expect(JSON.parse((await cli.run("sync", "log", "work", "--json")).stdout)).toEqual({
      schema_version: 1,
      root_id: "work",
      manifests: [
        { id: manifests[1]!.id, device: "desk", time: "2026-01-02T04:00:00.000Z", seq: 41 },
        { id: manifests[0]!.id, device: "laptop", time: "2026-01-02T03:04:05.123Z", seq: 7 },
      ],
    });
  });
});

describe("sync restore", () => {
  it("finds the root of a path, also of one that is not there, and of one that leads through a link", async () => {
    const folder = join(realpathSync(cli.home), "docs");
    mkdirSync(join(folder, "a"), { recursive: true });
    writeFileSync(join(folder, "a/is.txt"), "");
    symlinkSync(folder, join(cli.home, "link"));
    roots.add({ rootId: "outer", path: "/" }).add({ rootId: "docs", path: folder });
    for (const [path, inside] of [
      [join(folder, "a/gone/b.txt"), "a/gone/b.txt"],
      [join(cli.home, "link/a/is.txt"), "a/is.txt"],
      [folder, ""],
    ] as const) {
      expect((await cli.run("sync", "restore", path, "--at", "2026-01-02T03:04:05Z")).status).toBe(0);
      expect(roots.calls.at(-1)).toEqual(["restore", "docs", inside, { timeMs: Date.UTC(2026, 0, 2, 3, 4, 5) }]);
    }
  });

  it("says what came back and where that is which was there", async () => {
    const restore = { restored: ["a.txt", "b.txt"], unchanged: 3 };
    roots.add({ rootId: "work", path: "/work", restore });
    const { status, stdout } = await cli.run("sync", "restore", "/work/docs", "--at", "20260102T0304");
    expect(status).toBe(0);
    expect(stdout).toBe(
      "work: restored 2 paths of docs from 20260102T0304; 3 are as they were then\n  a.txt\n  b.txt\nwhat was in their place is in .aura/trash\n",
    );
    expect(JSON.parse((await cli.run("sync", "restore", "/work/docs", "--at", "2h ago", "--json")).stdout)).toEqual({
      schema_version: 1,
      root_id: "work",
      path: "docs",
      manifest: "20260102T030405000Z-laptop-0000000007-0123456789abcdef",
      ...restore,
    });
    expect(roots.calls[0]).toEqual(["restore", "work", "docs", { manifest: "20260102T0304" }]);
  });

  it("refuses a path of no root, naming the roots", async () => {
    roots.add({ rootId: "work", path: "/work" });
    expect(await cli.run("sync", "restore", "/worker/a", "--at", "yesterday")).toMatchObject({
      status: 1,
      stderr: "aura-msg: /worker/a lies in no root of host laptop; its roots are at /work\n",
    });
  });
});

describe("sync gc", () => {
  const objects = [
    { key: "packs/ab/abcd", size: 1_200_000 },
    { key: "blobs/cd/cdef", size: 45_000_000 },
  ];

  it("lists the largest first and deletes nothing, until it is told to", async () => {
    roots.add({ rootId: "work", path: "/work", gc: { objects, bytes: 46_200_000, uploads: 2 } });
    expect((await cli.run("sync", "gc", "work")).stdout).toBe(
      [
        "work: 2 objects (46.2 MB) that nothing needs, 2 abandoned uploads",
        "   45.0 MB  blobs/cd/cdef",
        "    1.2 MB  packs/ab/abcd",
        "nothing was deleted; the same with --apply does it",
        "",
      ].join("\n"),
    );
    const { stdout } = await cli.run("sync", "gc", "--apply", "--window", "2d", "--history", "12h");
    expect(lines(stdout)[0]).toBe("work: deleted 2 objects (46.2 MB) that nothing needs, 2 abandoned uploads");
    expect(roots.calls).toEqual([
      ["gc", "work", { apply: false, windowMs: 86_400_000, historyMs: 30 * 86_400_000 }],
      ["gc", "work", { apply: true, windowMs: 2 * 86_400_000, historyMs: 43_200_000 }],
    ]);
  });

  it("says when there is nothing, and cuts a long list", async () => {
    roots.add({ rootId: "work", path: "/work" });
    expect((await cli.run("sync", "gc")).stdout).toBe("work: nothing to delete\n");
    const many = Array.from({ length: 50 }, (_, i) => ({ key: `packs/00/${String(i).padStart(64, "0")}`, size: i }));
    roots.add({ rootId: "work", path: "/work", gc: { objects: many, bytes: 1225 } });
    const { stdout } = await cli.run("sync", "gc");
    expect(lines(stdout)).toContain("  and 30 more");
    expect(widest(stdout)).toBe(80);
    expect(JSON.parse((await cli.run("sync", "gc", "--json")).stdout).objects).toHaveLength(50);
  });
});

describe("sync verify", () => {
  const bad = [
    { path: "a.txt", message: "its bytes are others than were written", repaired: true },
    { path: "b.txt", message: "its pack is not there", repaired: false },
  ];

  it("ends with 0 when all is well, or was made well again", async () => {
    roots.add({ rootId: "work", path: "/work" });
    expect((await cli.run("sync", "verify")).stdout).toBe("work: read 3 objects (4.1 kB) back; all is well\n");
    roots.add({ rootId: "work", path: "/work", verify: { objects: 9, bytes: 10, bad: [bad[0]!] } });
    const { status, stdout } = await cli.run("sync", "verify", "work", "--repair");
    expect(status).toBe(0);
    expect(stdout).toBe("work: read 9 objects (10 B) back; 1 bad, 1 repaired\n  repaired  a.txt: its bytes are others than were written\n");
  });

  it("ends with 3 for what is not well, and says how to repair it", async () => {
    roots.add({ rootId: "work", path: "/work", verify: { objects: 9, bytes: 10, bad } });
    const before = await cli.run("sync", "verify", "work");
    expect([before.status, lines(before.stdout)[1]]).toEqual([3, "  bad       a.txt: its bytes are others than were written"]);
    expect(before.stderr).toBe("aura-msg: work: 2 cannot be read back as they were written; try: aura-msg sync verify work --repair\n");
    const after = await cli.run("sync", "verify", "work", "--repair", "--json");
    expect(after.status).toBe(3);
    expect(JSON.parse(after.stdout)).toMatchObject({
      root_id: "work",
      objects: 9,
      bad: [{ repaired: true }, { repaired: false }],
      error: {},
    });
  });
});

describe("root list", () => {
  it("shows each root with its folder and what is wrong with it, in 80 columns", async () => {
    roots.add({ rootId: "work", path: join(cli.home, "work") });
    roots.add({
      rootId: "a-root-whose-name-is-longer-than-any-column",
      path: "/archive",
      mode: "push",
      ticks: [{ offline: "nobody answers there" }],
    });
    roots.add({
      rootId: "bad",
      path: "/bad",
      mode: "pull",
      watcher: "poll",
      ticks: [{ error: `no \u001b[31mbucket ${"of that name ".repeat(9)}` }],
    });
    roots.add({ rootId: "new", path: "/new" });
    await cli.run("sync", "work");
    await cli.run("sync", "a-root-whose-name-is-longer-than-any-column");
    await cli.run("sync", "bad");
    const { status, stdout, stderr } = await cli.run("root", "list");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain("\u001b");
    const shown = lines(stdout);
    expect(shown[0]).toMatch(/^ROOT +DEVICE +MODE +STATE +LAST TICK$/);
    expect(shown[1]).toMatch(/^a-root-\S*… +laptop +push +offline +\S+ ago, 147ms$/);
    expect(shown.filter((line) => line.startsWith("bad"))[0]).toMatch(/ pull +error /);
    expect(shown).toContain("    ~/work");
    expect(shown).toContain("    nobody answers there");
    expect(shown.filter((line) => line.startsWith("new"))[0]).toMatch(/ new +-$/);
    expect(stdout).toContain("the kernel gave no more watches");
    expect(shown.at(-2)).toMatch(/^work +laptop +bidirectional +in sync/);
  });

  it("prints the roots as /v1/roots has them with --json", async () => {
    roots.add({ rootId: "work", path: "/work" });
    expect(JSON.parse((await cli.run("root", "list", "--json")).stdout)).toEqual({
      schema_version: 1,
      host: "laptop",
      roots: JSON.parse(JSON.stringify(await roots.list())),
    });
  });
});
