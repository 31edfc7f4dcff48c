import { beforeEach, describe, expect, it } from "vitest";
import type { FastifyInstance } from "fastify";
import { buildApi } from "../../src/api/app.js";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";

let host: FakeHost;
let app: FastifyInstance;

beforeEach(() => {
  host = new FakeHost([
    { name: "store", state: "running", port: 6000, health: "healthy", restartCount: 2 },
    { name: "api", after: ["store"], requires: ["store"] },
    { name: "box", refused: "service box is a container; the container driver is not part of this version" },
  ]);
  app = buildApi({ ...fakeDaemon(host), token: null, mode: "full" });
  return () => app.close();
});

describe("reading", () => {
  it("lists the services as the status document", async () => {
    const answer = await app.inject("/v1/services");
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(answer.json()).toEqual(await host.status());
    expect(answer.json()).toMatchObject({ schema_version: 1, host: "laptop" });
  });

  it("gives one service flat, with host and schema version", async () => {
    const answer = await app.inject("/v1/services/store");
    expect(answer.json()).toMatchObject({ schema_version: 1, host: "laptop", name: "store", state: "running", port: 6000 });
  });

  it.each([
    ["GET", "/v1/services/nope"],
    ["GET", "/v1/services/nope/logs"],
    ["GET", "/v1/services/nope/logs?follow=1"],
    ["GET", "/v1/services/nope/why"],
    ["POST", "/v1/services/nope/start"],
    ["POST", "/v1/services/nope/stop"],
    ["POST", "/v1/services/nope/restart"],
  ] as const)("answers 404 to %s %s", async (method, url) => {
    const answer = await app.inject({ method, url });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toMatchObject({ code: "not_found", message: "host laptop has no service nope" });
  });

  it("answers an unknown route with a JSON 404 that names it", async () => {
    const answer = await app.inject({ method: "DELETE", url: "/v1/unknown?x=1" });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error).toMatchObject({ code: "not_found", message: "there is no DELETE /v1/unknown" });
  });

  it("tells liveness, health and status", async () => {
    expect((await app.inject("/v1/healthz")).json()).toEqual({ ok: true });
    expect((await app.inject("/v1/health")).json()).toEqual({
      schema_version: 1,
      ok: true,
      problems: [],
      host: "laptop",
      pid: 4711,
      version: "1.2.3",
      started_at: "2026-01-02T00:00:00.000Z",
      temporal: { address: "127.0.0.1:7233", namespace: "default", connected: true, web_ui: "http://127.0.0.1:8233" },
    });
    expect((await app.inject("/v1/status")).json()).toMatchObject({
      schema_version: 1,
      pid: 4711,
      started_at: "2026-01-02T00:00:00.000Z",
      roots: [],
      temporal: { connected: true },
      services: { total: 3, running: 1, stopped: 2, failed: 0 },
    });
    expect((await app.inject("/v1/roots")).json()).toEqual({ schema_version: 1, roots: [] });
  });

  it("gives the graph and the history of one service", async () => {
    expect((await app.inject("/v1/graph")).json()).toEqual(await host.graph());
    host.change("store", "backoff", { kind: "exit" }, "exited 1; on-failure restart 1 in 1s", { delayMs: 1000 });
    const why = (await app.inject("/v1/services/store/why")).json();
    expect(why).toMatchObject({ schema_version: 1, service: "store", transitions: [{ to: "backoff", delayMs: 1000 }] });
  });

  it("speaks the Prometheus format with quotes escaped", async () => {
    const odd = new FakeHost([{ name: 'we"ird', state: "running", restartCount: 7 }]);
    const answer = await buildApi({ ...fakeDaemon(odd), token: null, mode: "full" }).inject("/metrics");
    expect(answer.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    const lines = answer.body.split("\n");
    expect(lines).toContain('aura_services{state="running"} 1');
    expect(lines).toContain('aura_services{state="failed"} 0');
    expect(lines).toContain('aura_service_restarts_total{service="we\\"ird"} 7');
    expect(answer.body.endsWith("\n")).toBe(true);
    expect(lines.filter((line) => line !== "" && !/^(#|[a-z_]+(\{[^}]*\})? [0-9.e+-]+$)/.test(line))).toEqual([]);
  });
});

describe("commands", () => {
  it("starts a service with what it needs and answers 202 with the rows", async () => {
    const answer = await app.inject({ method: "POST", url: "/v1/services/api/start" });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ schema_version: 1, refused: [] });
    expect(answer.json().services.map((row: { name: string }) => row.name)).toEqual(["api", "store"]);
  });

  it("answers 409 with both lists when a service is refused", async () => {
    const answer = await app.inject({ method: "POST", url: "/v1/up", payload: { names: ["box", "store"] } });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      error: { code: "refused", message: expect.stringContaining("box: service box is a container") },
      refused: [{ name: "box" }],
      services: [{ name: "box" }, { name: "store" }],
    });
  });

  it("remembers who asked and under which key, and makes both up when they are missing or unprintable", async () => {
    await app.inject({ method: "POST", url: "/v1/services/store/restart", headers: { "x-aura-by": "ann@desk", "idempotency-key": "k1" } });
    await app.inject({ method: "POST", url: "/v1/down", headers: { "x-aura-by": "\u001b[31m" } });
    expect(host.askers[0]).toEqual({ by: "ann@desk", requestId: "k1" });
    expect(host.askers[1]).toMatchObject({ by: "api@laptop", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it("takes every service when no names are given, also with the content type that curl sends", async () => {
    const answer = await app.inject({
      method: "POST",
      url: "/v1/down",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: "",
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.json().services).toHaveLength(3);
  });

  it("reloads and reports", async () => {
    const answer = await app.inject({ method: "POST", url: "/v1/reload" });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ schema_version: 1, added: ["cache"], changed: ["api"], errors: [expect.any(String)] });
  });

  it.each([
    ["not JSON", "{", 400, "usage"],
    ["names that are no list", '{"names":"api"}', 400, "usage"],
    ["names that are no strings", '{"names":[1]}', 400, "usage"],
    ["more than 1 MiB", JSON.stringify({ names: ["x".repeat(1024 * 1024)] }), 413, "too_large"],
  ])("refuses a body with %s and changes nothing", async (_what, payload, status, code) => {
    const answer = await app.inject({ method: "POST", url: "/v1/up", payload, headers: { "content-type": "application/json" } });
    expect(answer.statusCode).toBe(status);
    expect(answer.json().error.code).toBe(code);
    expect(host.askers).toEqual([]);
  });

  it("keeps the text of an unexpected failure to itself", async () => {
    const broken = {
      ...fakeDaemon(host),
      control: { ...host, status: () => Promise.reject(new Error("PASSWORD=hunter2")) } as unknown as FakeHost,
    };
    const answer = await buildApi({ ...broken, token: null, mode: "full" }).inject("/v1/services");
    expect(answer.statusCode).toBe(500);
    expect(answer.json().error.code).toBe("internal");
    expect(answer.body).not.toContain("hunter2");
  });
});

describe("logs", () => {
  beforeEach(() => {
    host.logLines.set("store", ["one", "two", "three"]);
  });

  it("gives the last lines, limited by number, time and pattern", async () => {
    const before = Date.now() - 600_000;
    const answer = await app.inject("/v1/services/store/logs?n=1&since=10m&grep=t");
    expect(answer.json()).toEqual({ schema_version: 1, service: "store", lines: ["three"] });
    expect(host.lastQuery).toMatchObject({ lines: 1, grep: "t" });
    expect(host.lastQuery!.sinceMs! - before).toBeGreaterThanOrEqual(0);
    expect(host.lastQuery!.sinceMs! - before).toBeLessThan(5000);
  });

  it("gives 100 lines by default and never more than 10000", async () => {
    await app.inject("/v1/services/store/logs");
    expect(host.lastQuery).toEqual({ lines: 100 });
    await app.inject("/v1/services/store/logs?n=999999");
    expect(host.lastQuery).toEqual({ lines: 10_000 });
  });

  it.each(["n=-1", "n=ten", "since=yesterday", "grep=%5B"])("refuses ?%s in one line", async (query) => {
    const answer = await app.inject(`/v1/services/store/logs?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.message).toContain(query.split("=")[0]);
    expect(answer.json().error.message).not.toContain("\n");
  });
});

describe("the page", () => {
  it("is one document that loads nothing from elsewhere and runs only its own script", async () => {
    const answer = await app.inject("/");
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.headers["content-security-policy"]).toMatch(/default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/);
    expect(answer.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(answer.body).not.toContain("innerHTML");
  });
});
