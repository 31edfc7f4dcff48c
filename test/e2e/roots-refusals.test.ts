import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { missing } from "../support/components.js";
import type { Remote } from "../../src/sync/root.js";
import { type SyncedHome, syncedHomes } from "../support/synced-home.js";

describe.skipIf(missing("temporal") || missing("versitygw"))("an aurad whose roots cannot all be opened", () => {
  const { home, bucket } = syncedHomes();

  const cases: [title: string, exit: number, make: (here: SyncedHome, remote: Remote) => string[] | void, line: RegExp][] = [
    ["a folder that is not there", 66, (here) => [here.path("gone")], /gone/],
    [
      "a folder without a root.toml",
      66,
      (here) => {
        mkdirSync(here.path("bare"), { recursive: true });
        return [here.path("bare")];
      },
      /bare.*root\.toml|root\.toml.*bare/,
    ],
    [
      "a root.toml that is none",
      66,
      (here, remote) => {
        writeFileSync(join(here.root("broken", remote), ".aura/root.toml"), "root_id =\n");
        return [here.path("broken")];
      },
      /root\.toml/,
    ],
    [
      "a database that is none",
      73,
      (here, remote) => {
        const file = join(here.places.syncDir, "torn.db");
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, "this is no database at all, and it is long enough to be taken for one".repeat(20));
        return [here.root("torn", remote)];
      },
      /torn\.db/,
    ],
    [
      "one root in two folders",
      64,
      (here, remote) => [here.root("once", remote, { rootId: "same" }), here.root("twice", remote, { rootId: "same" })],
      /are both (?:the )?root same/,
    ],
    [
      "a folder given twice",
      64,
      (here, remote) => {
        const path = here.root("work", remote);
        return [path, `${path}/`];
      },
      /is given twice/,
    ],
    ["a bad limit in aura.toml", 64, (here) => here.config("max_delete = 2\n"), /aura\.toml:1: max_delete: 2: is out of range/],
    [
      "an init without its bucket",
      64,
      (here) =>
        here.config(
          '[[roots]]\npath = "x"\n[roots.init]\nroot_id = "x"\ndevice_id = "$NOT_SET"\nmode = "push"\n[roots.init.remote]\nbucket = "bucket"\n',
        ),
      /device_id.*is empty because \$NOT_SET is not set/,
    ],
    [
      "an init below a file",
      65,
      (here) => {
        here.write("file", "no folder");
        here.config(
          `[[roots]]\npath = "${here.path("file/x")}"\n[roots.init]\nroot_id = "x"\ndevice_id = "d"\nmode = "push"\n[roots.init.remote]\nbucket = "bucket"\n`,
        );
      },
      /cannot be made/,
    ],
  ];

  it.each(cases)("ends before any tick, without a trace of the others: %s", async (_, exit, make, line) => {
    const here = home();
    const remote = await bucket();
    const good = here.root("good", remote);
    const roots = make(here, remote) ?? [];
    const daemon = here.launch(roots.length === 0 ? [] : [good, ...roots]);
    expect((await daemon.exited).code).toBe(exit);
    expect(daemon.stderr).toMatch(line);
    expect(daemon.stderr.trim().split("\n")).toHaveLength(1);
    expect(here.ticks()).toEqual([]);
  });

  describe.skipIf(missing("root"))("because the kernel gives no more watches", () => {
    /** A user namespace has a limit of its own. */
    const few = ["unshare", "--user", "--map-root-user", "sh", "-c", 'echo 12 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh"];

    async function wide(here: SyncedHome): Promise<string> {
      const path = here.root("wide", await bucket());
      for (let n = 0; n < 30; n++) mkdirSync(join(path, `folder ${n}`), { recursive: true });
      return path;
    }

    it("ends with one line that names the sysctl", async () => {
      const here = home();
      const daemon = here.launch([await wide(here)], {}, few);
      expect((await daemon.exited).code).toBe(73);
      expect(daemon.stderr).toMatch(/fs\.inotify\.max_user_watches/);
      expect(daemon.stderr.trim().split("\n")).toHaveLength(1);
      expect(here.ticks()).toEqual([]);
    });

    it("looks at the folders now and then where that is set", async () => {
      const here = home();
      const path = await wide(here);
      here.config(`watcher_fallback = "poll"\n[[roots]]\npath = "${path}"\n`);
      await here.launch([], {}, few).ready();
      await here.tick("wide");
      expect(await here.rootStatus("wide")).toMatchObject({ watcher: "poll" });
      here.write("wide/folder 7/a.txt", "seen all the same");
      expect(await here.tick("wide", ({ sync }) => sync?.uploaded.files === 1, 0, 30_000)).toMatchObject({ trigger: "watcher" });
    });
  });

  it("goes on without the one that breaks once it runs, and tells of it until it is whole again", async () => {
    const here = home();
    const remote = await bucket();
    for (const name of ["work", "photos"]) here.root(name, remote);
    here.spec("web");
    here.config(
      `watcher_debounce = "50ms"\ndefault_interval = "1s"\n${["work", "photos"].map((name) => `[[roots]]\npath = "${here.path(name)}"\n`).join("")}`,
    );
    await here.start();
    await here.must("up", "web");
    await here.tick("work");
    const marker = here.path("work/.aura/root.toml");
    const { readFileSync } = await import("node:fs");
    const text = readFileSync(marker, "utf8");
    rmSync(marker);
    await here.tick("work", ({ outcome }) => outcome === "error");
    const status = await here.aurad("status");
    expect(status.status).toBe(1);
    expect(status.stdout).toMatch(/^work +error/m);
    expect(status.stdout).toMatch(/^photos +online/m);
    here.write("photos/a.txt", "goes on");
    await here.tick("photos", ({ sync }) => sync?.uploaded.files === 1);
    expect((await here.row("web")).state).toBe("running");
    writeFileSync(marker, text);
    const from = here.ended("work").length;
    await here.tick("work", ({ outcome }) => outcome === "ok", from);
    expect((await here.aurad("status")).status).toBe(0);
    chmodSync(marker, 0o644);
  });
});
