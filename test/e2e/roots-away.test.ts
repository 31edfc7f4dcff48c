import { describe, expect, inject, it } from "vitest";
import type { TickRecord } from "../../src/sync/control.js";
import { missing } from "../support/components.js";
import { startFront } from "../support/s3/front.js";
import { syncedHomes, type TickLine } from "../support/synced-home.js";
import { startServer } from "../support/temporal.js";
import { until } from "../support/until.js";

const hasBoth = missing("temporal") || missing("versitygw");

describe.skipIf(hasBoth)("a sync root whose bucket or workflow is away", () => {
  const { home, bucket, server } = syncedHomes();

  it("skips its ticks while nobody answers, hurts nobody by it, and goes on by itself", async () => {
    const here = home();
    const front = await startFront(server().endpoint);
    try {
      here.root("work", await bucket(front.endpoint));
      here.spec("web");
      here.config(`head_poll_interval = "1s"\nwatcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`);
      await here.start();
      await here.must("up", "web");
      await here.tick("work");
      front.plan(() => ({ do: "reset" }));
      here.write("work/a.txt", "one");
      const skipped = await here.tick("work", ({ event }) => event === "tick_skip", 0, 60_000);
      expect(skipped).toMatchObject({ level: "WARN", msg: "tick_skip", reason: "offline", trigger: "watcher" });
      expect(await here.rootStatus("work")).toMatchObject({ online: false, in_sync: false });
      const status = await here.aurad("status");
      expect(status.status).toBe(1);
      expect(status.stdout).toMatch(/^work +offline/m);
      expect((await here.row("web")).state).toBe("running");
      front.plan(() => ({ do: "pass" }));
      await here.tick("work", ({ sync }) => sync?.uploaded.files === 1, 0, 60_000);
      expect((await here.aurad("status")).status).toBe(0);
      expect(here.daemon.stderr).toBe("");
    } finally {
      await front.end();
    }
  });

  it(
    "takes a server that is down for a skipped tick, no oftener than it ticks, and catches up by itself",
    { timeout: 120_000 },
    async () => {
      const here = home();
      here.root("work", await bucket());
      here.config(
        `default_interval = "2s"\nhead_poll_interval = "1s"\nwatcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`,
      );
      await here.start();
      await here.tick("work");
      await server().stop();
      try {
        const from = here.daemon.log.length;
        here.write("work/a.txt", "one");
        const skipped = (): TickLine[] => here.ended("work").filter(({ event }) => event === "tick_skip");
        await until(() => skipped().length >= 3, 60_000);
        const told = here.daemon.log.slice(from);
        expect(told.filter(({ level }) => level?.toLowerCase() === "error")).toEqual([]);
        // Once that heads cannot be listed; everything else is ticks.
        const warnings = told.filter(({ level, event }) => level?.toLowerCase() === "warn" && event === undefined);
        expect(warnings.map(({ msg }) => msg)).toEqual(["the heads cannot be listed; trying again"]);
        for (const skip of skipped()) expect(skip).toMatchObject({ reason: "offline", detail: expect.stringContaining("does not answer") });
        const starts = here.ticks("work").filter(({ event, trigger }) => event === "tick_start" && trigger === "interval");
        const ends = here.ended("work");
        for (const { tick_index, time } of starts) {
          const before = ends.find((end) => end.tick_index === tick_index - 1);
          expect(Date.parse(String(time)) - Date.parse(String(before!["time"]))).toBeGreaterThan(1900);
        }
        expect((await here.aurad("status")).status).toBe(1);
      } finally {
        await server().startAgain();
      }
      const from = here.ended("work").length;
      expect(await here.tick("work", ({ outcome }) => outcome === "ok", from, 60_000)).toMatchObject({ sync: { in_sync: true } });
      expect(here.ended("work").reduce((sum, { sync }) => sum + (sync?.uploaded.files ?? 0), 0)).toBe(1);
      expect((await here.aurad("status")).status).toBe(0);
    },
  );

  it("syncs what was changed while Temporal was away once it is back", { timeout: 120_000 }, async () => {
    const temporal = await startServer(inject("temporal")!.cli);
    try {
      const here = home({ address: temporal.address });
      here.root("work", await bucket());
      here.config(`watcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`);
      await here.start();
      await here.tick("work");
      await temporal.kill();
      for (let n = 0; n < 5; n++) here.write(`work/${n}.txt`, `number ${n}`);
      await until(() => here.daemon.log.find(({ msg }) => msg?.startsWith("cannot tell the root's workflow")), 30_000);
      expect(await here.rootStatus("work")).toMatchObject({ online: true });
      await temporal.startAgain();
      await here.tick("work", ({ sync }) => (sync?.uploaded.files ?? 0) > 0, 0, 60_000);
      const uploaded = here.ended("work").reduce((sum, { sync }) => sum + (sync?.uploaded.files ?? 0), 0);
      expect(uploaded).toBe(5);
    } finally {
      await temporal.end();
    }
  });

  it("lets a tick that runs finish when aurad is told to stop", { timeout: 60_000 }, async () => {
    const here = home();
    const front = await startFront(server().endpoint);
    try {
      here.root("work", await bucket(front.endpoint));
      here.config(`watcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`);
      await here.start();
      await here.tick("work");
      let hanging = 0;
      front.plan(({ method }) => {
        if (method !== "PUT") return { do: "pass" };
        hanging += 1;
        return { do: "answer", status: 503, code: "SlowDown" };
      });
      here.write("work/a.txt", "one");
      await until(() => hanging > 0);
      here.daemon.signal("SIGTERM");
      await until(() => here.daemon.says("stopping"));
      front.plan(() => ({ do: "pass" }));
      expect((await here.daemon.exited).code).toBe(0);
      expect(here.ended("work").at(-1)).toMatchObject({ trigger: "watcher", outcome: "ok", sync: { uploaded: { files: 1 } } });
    } finally {
      await front.end();
    }
  });

  it("gives a tick up with the second signal, and ends with 130 within a second", { timeout: 60_000 }, async () => {
    const here = home();
    const front = await startFront(server().endpoint);
    try {
      here.root("work", await bucket(front.endpoint));
      here.config(`watcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`);
      await here.start();
      await here.tick("work");
      let hanging = 0;
      front.plan(({ method }) => {
        if (method !== "PUT") return { do: "pass" };
        hanging += 1;
        return { do: "hang" };
      });
      here.write("work/a.txt", "one");
      await until(() => hanging > 0);
      here.daemon.signal("SIGINT");
      await until(() => here.daemon.says("stopping"));
      const began = performance.now();
      here.daemon.signal("SIGINT");
      expect((await here.daemon.exited).code).toBe(130);
      expect(performance.now() - began).toBeLessThan(1000);
      // The next aurad does what was given up.
      front.plan(() => ({ do: "pass" }));
      await here.start();
      expect((await here.tick("work")).sync).toMatchObject({ uploaded: { files: 1 } });
    } finally {
      await front.end();
    }
  });

  it(
    "ticks at once with the next aurad when the last one was killed over a tick, and answers who waited for it",
    { timeout: 60_000 },
    async () => {
      const here = home();
      const front = await startFront(server().endpoint);
      try {
        here.root("work", await bucket(front.endpoint));
        here.config(`watcher_debounce = "50ms"\n[[roots]]\npath = "${here.path("work")}"\n`);
        await here.start();
        await here.tick("work");
        let hanging = 0;
        front.plan(({ method }) => {
          if (method !== "PUT") return { do: "pass" };
          hanging += 1;
          return { do: "hang" };
        });
        here.write("work/a.txt", "one");
        await until(() => hanging > 0);
        await here.daemon.kill();
        front.plan(() => ({ do: "pass" }));
        await here.start();
        const tick = await here.tick("work", undefined, 0, 10_000);
        expect(tick).toMatchObject({ trigger: "startup", outcome: "ok", tick_index: 2, sync: { uploaded: { files: 1 } } });
      } finally {
        await front.end();
      }
    },
  );

  it("can be asked for from another host, through its workflow", async () => {
    const here = home();
    here.root("work", await bucket());
    here.write("work/a.txt", "one");
    here.config(`[[roots]]\npath = "${here.path("work")}"\n`);
    await here.start();
    await here.tick("work");
    const { withClient } = await import("../support/histories.js");
    const { WorkflowRoots } = await import("../../src/api/workflow-roots.js");
    await withClient(here.address, async (client) => {
      const roots = new WorkflowRoots(client, here.host);
      expect(await roots.list()).toMatchObject([{ root_id: "work", path: here.path("work"), in_sync: true }]);
      const tick: TickRecord = await roots.sync("work", { dryRun: true });
      expect(tick).toMatchObject({ trigger: "manual", outcome: "ok", sync: { dry_run: true } });
      expect(await roots.log("work", 5)).toHaveLength(1);
      expect(await roots.verify("work", { repair: false })).toMatchObject({ bad: [] });
      await expect(roots.restore("work", "a.txt", { manifest: "nope" })).rejects.toMatchObject({ code: expect.any(String) });
    });
  });
});
