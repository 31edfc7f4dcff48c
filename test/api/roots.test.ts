import { beforeEach, describe, expect, it } from "vitest";
import type { FastifyInstance } from "fastify";
import { buildApi } from "../../src/api/app.js";
import { listenSocket, listenStatus } from "../../src/api/listen.js";
import { createRootsClient } from "../../src/api/roots-client.js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";
import { FakeEpochs } from "../support/fake-epochs.js";
import { FakeRoots } from "../support/fake-roots.js";

const manifests = [{ id: "20260102T030405000Z-laptop-0000000007-0123456789abcdef", device: "laptop", timeMs: 7, seq: 7 }];
const progress = { stage: "upload", files: 1, filesTotal: 2, bytes: 3, bytesTotal: 4 } as const;

let roots: FakeRoots;
let app: FastifyInstance;

function deps() {
  return fakeDaemon(new FakeHost([]), {}, new FakeEpochs("laptop"), roots);
}

beforeEach(() => {
  roots = new FakeRoots();
  roots.add({ rootId: "work", path: "/home/ada/work", manifests, progress });
  roots.add({ rootId: "away", path: "/mnt/away", ticks: [{ offline: "connection refused" }] });
  app = buildApi({ ...deps(), token: null, mode: "full" });
  return () => app.close();
});

async function post(url: string, payload: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { "content-type": "application/json" };
  const answer = await app.inject({ method: "POST", url, payload: JSON.stringify(payload), headers });
  return { status: answer.statusCode, body: answer.json() };
}

describe("reading", () => {
  it("lists the roots, in the daemon's status too", async () => {
    const list = (await app.inject("/v1/roots")).json();
    expect(list).toMatchObject({ schema_version: 1, roots: [{ root_id: "work", path: "/home/ada/work" }, { root_id: "away" }] });
    expect((await app.inject("/v1/status")).json().roots).toEqual(list.roots);
  });

  it("are told to Prometheus", async () => {
    await roots.sync("work", {});
    await roots.sync("away", {});
    const lines = (await app.inject("/metrics")).body.split("\n").filter((line) => line.startsWith("aura_root_"));
    expect(lines).toEqual([
      'aura_root_online{root="work"} 1',
      'aura_root_online{root="away"} 0',
      'aura_root_in_sync{root="work"} 1',
      'aura_root_in_sync{root="away"} 0',
      'aura_root_error{root="work"} 0',
      'aura_root_error{root="away"} 0',
    ]);
  });

  it("gives one root flat, by its id or its path, with its recent ticks", async () => {
    await roots.sync("work", {});
    const byId = (await app.inject("/v1/roots/work")).json();
    expect(byId).toMatchObject({ schema_version: 1, root_id: "work", in_sync: true, recent_ticks: [{ tick_index: 0, trigger: "manual" }] });
    expect((await app.inject(`/v1/roots/${encodeURIComponent("/home/ada/work")}`)).json()).toEqual(byId);
  });

  it("gives as many ticks as are asked for, at least one, whatever number that is", async () => {
    for (let n = 0; n < 5; n++) await roots.sync("work", {});
    const counts = await Promise.all(
      ["", "?limit=2", "?limit=0", "?limit=-3", "?limit=9999999"].map(async (query) => {
        const { root_id, ticks } = (await app.inject(`/v1/roots/work/ticks${query}`)).json() as { root_id: string; ticks: unknown[] };
        return [root_id, ticks.length];
      }),
    );
    expect(counts).toEqual([5, 2, 1, 1, 5].map((count) => ["work", count]));
  });

  it("tells how far the tick is that runs, and nothing when none does", async () => {
    expect((await app.inject("/v1/roots/work/progress")).json()).toEqual({ schema_version: 1, root_id: "work", progress: null });
    let open!: () => void;
    roots.gate = new Promise((resolve) => (open = resolve));
    const ticking = roots.sync("work", {});
    expect((await app.inject("/v1/roots/work/progress")).json()).toEqual({ schema_version: 1, root_id: "work", progress });
    open();
    await ticking;
  });

  it("lists the manifests of the bucket", async () => {
    expect((await app.inject("/v1/roots/work/log")).json()).toEqual({ schema_version: 1, root_id: "work", manifests });
    await app.inject("/v1/roots/work/log?limit=99999");
    expect(roots.calls).toEqual([
      ["log", "work", 20],
      ["log", "work", 1000],
    ]);
  });

  it.each([
    ["GET", "/v1/roots/nope"],
    ["GET", "/v1/roots/nope/ticks"],
    ["GET", "/v1/roots/nope/progress"],
    ["GET", "/v1/roots/nope/log"],
    ["POST", "/v1/roots/nope/sync"],
    ["POST", "/v1/roots/nope/gc"],
    ["POST", "/v1/roots/nope/verify"],
  ] as const)("answers 404 to %s %s", async (method, url) => {
    const answer = await app.inject({ method, url });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe("not_found");
  });

  it.each(["ticks?limit=many", "ticks?limit=1.5", "log?limit="])("refuses %s in one line", async (path) => {
    const answer = await app.inject(`/v1/roots/work/${path}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: "usage", message: "`limit` is not a whole number" });
  });
});

describe("commands", () => {
  it("sync answers with the tick, whatever came of it", async () => {
    expect(await post("/v1/roots/work/sync", undefined)).toMatchObject({
      status: 200,
      body: { schema_version: 1, root_id: "work", tick: { outcome: "ok", sync: { in_sync: true, dry_run: false } } },
    });
    expect(await post("/v1/roots/away/sync", {})).toMatchObject({ status: 200, body: { tick: { outcome: "skip", reason: "offline" } } });
    await post("/v1/roots/work/sync", { dry_run: true, confirm: false });
    await post("/v1/roots/work/sync", { confirm: true });
    expect(roots.calls.map(([, , request]) => request)).toEqual([{}, {}, { dryRun: true }, { confirm: true }]);
  });

  it("restore takes a manifest or a time", async () => {
    const { status, body } = await post("/v1/roots/work/restore", { path: "a/b", manifest: "2026" });
    expect([status, body]).toEqual([200, { schema_version: 1, root_id: "work", manifest: "2026", restored: ["a/b"], unchanged: 0 }]);
    await post("/v1/roots/work/restore", { path: "a", time: "2026-01-02T03:04:05+02:00" });
    expect(roots.calls.at(-1)).toEqual(["restore", "work", "a", { timeMs: Date.UTC(2026, 0, 2, 1, 4, 5) }]);
  });

  it("gc lists first, and keeps a day and a history of 30 days when nothing else is said", async () => {
    expect((await post("/v1/roots/work/gc", {})).body).toMatchObject({ root_id: "work", objects: [], deleted: false });
    await post("/v1/roots/work/gc", { apply: true, window_ms: 0, history_ms: 5 });
    expect(roots.calls.map(([, , options]) => options)).toEqual([
      { apply: false, windowMs: 86_400_000, historyMs: 2_592_000_000 },
      { apply: true, windowMs: 0, historyMs: 5 },
    ]);
  });

  it("verify repairs only when it is told to", async () => {
    expect((await post("/v1/roots/work/verify", {})).body).toMatchObject({ root_id: "work", objects: 3, bad: [] });
    await post("/v1/roots/work/verify", { repair: true });
    expect(roots.calls.map(([, , options]) => options)).toEqual([{ repair: false }, { repair: true }]);
  });

  it.each([
    ["sync", { dry_run: "yes" }, "`dry_run` is not true or false"],
    ["sync", { dryrun: true }, "the field `dryrun` is not known"],
    ["sync", [], "the body is not a JSON object"],
    ["restore", {}, "`path` is missing"],
    ["restore", { path: "a" }, "the request needs either `manifest` or `time`"],
    ["restore", { path: "a", manifest: "m", time: "2026-01-02T03:04:05Z" }, "the request needs either `manifest` or `time`"],
    ["restore", { path: "a", time: "yesterday" }, "`time` is not a time"],
    ["restore", { path: "a", manifest: "" }, "`manifest` is not an id"],
    ["gc", { apply: 1 }, "`apply` is not true or false"],
    ["gc", { window_ms: -1 }, "`window_ms` is not a number of milliseconds"],
    ["verify", { repair: null }, "`repair` is not true or false"],
  ])("%s refuses %j and does nothing", async (command, body, message) => {
    const answer = await post(`/v1/roots/work/${command}`, body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "usage", message } } });
    expect(roots.calls).toEqual([]);
  });
});

describe("the client", () => {
  it("asks everything a control can be asked over the socket, with the same answers", async () => {
    const dir = mkdtempSync(join(tmpdir(), "aura-roots-"));
    const listener = await listenSocket(deps(), join(dir, "s"));
    const client = createRootsClient({ socketPath: join(dir, "s") });
    try {
      const tick = await client.sync("work", { dryRun: false, confirm: true });
      expect(tick).toEqual((await roots.ticks("work", 1))[0]);
      expect(await client.sync("work", { dryRun: true })).toMatchObject({ sync: { dry_run: true } });
      expect(await client.list()).toEqual(await roots.list());
      expect(await client.get("work")).toMatchObject(await roots.get("work"));
      expect(await client.ticks("/home/ada/work", 5)).toEqual([tick]);
      expect(await client.progress("work")).toBeNull();
      expect(await client.log("work", 5)).toEqual(manifests);
      expect(await client.restore("work", "ä b", { timeMs: 1234 })).toEqual({
        manifest: expect.any(String),
        restored: ["ä b"],
        unchanged: 0,
      });
      expect(roots.calls.at(-1)).toEqual(["restore", "work", "ä b", { timeMs: 1234 }]);
      expect(await client.gc("work", { apply: true, windowMs: 1, historyMs: 2 })).toEqual({
        objects: [],
        bytes: 0,
        uploads: 0,
        deleted: true,
      });
      expect(await client.verify("work", { repair: false })).toEqual({ objects: 3, bytes: 4096, bad: [] });
      await expect(client.get("nope")).rejects.toMatchObject({ code: "not_found" });
    } finally {
      client.close();
      await listener.close();
      rmSync(dir, { recursive: true });
    }
  });

  it("is told by the loopback status listener that it only reads", async () => {
    const listener = await listenStatus(deps(), "127.0.0.1:0", "token");
    const client = createRootsClient({ url: listener.url, token: "token" });
    try {
      expect(await client.list()).toHaveLength(2);
      expect(await client.ticks("work", 3)).toEqual([]);
      for (const refused of [
        client.sync("work", {}),
        client.restore("work", "a", { manifest: "m" }),
        client.gc("work", { apply: true, windowMs: 0, historyMs: 0 }),
        client.verify("work", { repair: true }),
      ])
        await expect(refused).rejects.toMatchObject({ code: "method_not_allowed" });
      expect(roots.calls).toEqual([]);
    } finally {
      client.close();
      await listener.close();
    }
  });
});
