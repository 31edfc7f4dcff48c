import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildApi } from "../../src/api/app.js";
import { createEpochsClient, type EpochsClient } from "../../src/api/epochs-client.js";
import { listenSocket, type Listener } from "../../src/api/listen.js";
import type { Advance, CastVote } from "../../src/epochs/messages.js";
import { AuraError } from "../../src/shared/errors.js";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";
import { FakeEpochs } from "../support/fake-epochs.js";
import { planOf } from "../support/plans.js";

const start = { epoch_id: "demo", description: "a request", plan: planOf({ id: "a" }, { id: "b", needs: ["a"] }), by: "ann@desk" };
let epochs: FakeEpochs;

beforeEach(() => {
  epochs = new FakeEpochs();
});

describe("the routes of epochs", () => {
  let app: FastifyInstance;
  beforeEach(async () => {
    await epochs.start(start);
    app = buildApi({ ...fakeDaemon(new FakeHost([]), {}, epochs), token: null, mode: "full" });
    return () => app.close();
  });

  const post = (path: string, payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({ method: "POST", url: `/v1/epochs${path}`, payload: JSON.stringify(payload), headers });

  it("list the epochs and show one as its document", async () => {
    expect((await app.inject("/v1/epochs")).json()).toEqual({ schema_version: 1, epochs: await epochs.list() });
    const answer = await app.inject("/v1/epochs/demo");
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(await epochs.state("demo"));
    expect(answer.json()).toMatchObject({ schema_version: 1, current_phase: "p1", status: "running" });
  });

  it("show a session whose process is gone so, and leave those of other hosts", async () => {
    const process = (host: string) => ({ host, pid: 7, start_time: "1", boot_id: "b" });
    for (const [session_id, host] of [
      ["here", "laptop"],
      ["there", "desk"],
    ] as const) {
      await epochs.registerSession("demo", { session_id, role: "worker", process: process(host) });
    }
    const deps = fakeDaemon(new FakeHost([]), { alive: () => false }, epochs);
    const looking = buildApi({ ...deps, token: null, mode: "full" });
    const { sessions, active_session_count } = (await looking.inject("/v1/epochs/demo")).json();
    expect(sessions.map(({ session_id, state }: Record<string, string>) => [session_id, state])).toEqual([
      ["here", "gone"],
      ["there", "active"],
    ]);
    expect(active_session_count).toBe(1);
    await looking.close();
  });

  it.each([
    ["GET", "/v1/epochs/nope"],
    ["GET", "/v1/epochs/nope/audit"],
    ["GET", "/v1/epochs/nope/history"],
    ["GET", "/v1/epochs/host%2Flaptop"],
    ["GET", "/v1/epochs/demo/slices/a/logs"],
    ["POST", "/v1/epochs/nope/cancel"],
  ] as const)("answer 404 to %s %s", async (method, url) => {
    const answer = await app.inject({ method, url, ...(method === "POST" ? { payload: '{"reason":"x"}' } : {}) });
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error.code).toBe("not_found");
  });

  it("start one with 201, and refuse a second of the same name with 409", async () => {
    const started = await post("", { epoch_id: "next", description: "more" }, { "x-aura-by": "bob@desk" });
    expect(started.statusCode).toBe(201);
    expect(started.json()).toEqual({ schema_version: 1, workflow_id: "next", run_id: "run-of-next" });
    expect(epochs.started.at(-1)).toEqual({ epoch_id: "next", description: "more", plan: null, by: "bob@desk" });
    const again = await post("", { epoch_id: "next" });
    expect([again.statusCode, again.json().error.message]).toEqual([409, "epoch next exists already"]);
  });

  it.each([
    ["no name", {}, "epoch id"],
    ["a name that is none", { epoch_id: "a b" }, "epoch id"],
    ["a description that is no text", { epoch_id: "x", description: 5 }, "description"],
    ["a description over 64 KiB", { epoch_id: "x", description: "d".repeat(64 * 1024 + 1) }, "65537 bytes"],
    ["a plan that is none", { epoch_id: "x", plan: { slices: "all" } }, "plan"],
    ["cyclic needs", { epoch_id: "x", plan: planOf({ id: "a", needs: ["b"] }, { id: "b", needs: ["a"] }) }, "a"],
  ])("refuse to start one with %s, in one line and with 400", async (_what, body, said) => {
    const answer = await post("", body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.message).toContain(said);
    expect(answer.json().error.message).not.toContain("\n");
    expect(epochs.started).toHaveLength(1);
  });

  it("take a message with its key and sender: from headers, else from the body, else made up", async () => {
    await post(
      "/demo/vote",
      { axis: "elegance", vote: "ACCEPT", reviewer_id: "r", by: "body", key: "k1" },
      { "x-aura-by": "ann@desk", "idempotency-key": "k2" },
    );
    await post("/demo/blocker", { op: "add", by: "body", key: "k3" });
    await post("/demo/cancel", { reason: "enough" });
    expect(epochs.messages.map(({ kind, message: { by, key } }) => [kind, by, key])).toEqual([
      ["vote", "ann@desk", "k2"],
      ["finding", "body", "k3"],
      ["cancel", "api@laptop", expect.stringMatching(/^[0-9a-f-]{36}$/)],
    ]);
  });

  it("answer the same key with the same reply and do nothing twice", async () => {
    const send = () => post("/demo/blocker", { op: "add" }, { "idempotency-key": "once" });
    const [first, second] = [await send(), await send()];
    expect(second.json()).toEqual(first.json());
    expect((await epochs.state("demo")).blocker_count).toBe(1);
  });

  it("take every message, one path each", async () => {
    const bodies: Record<string, object> = {
      vote: { axis: "correctness", vote: "ACCEPT", reviewer_id: "reviewer-A" },
      blocker: { op: "add" },
      answer: { answer: "yes", answered_by: "ann" },
      sessions: { session_id: "s1", role: "worker" },
      "sessions/end": { session_id: "s1" },
      "slices/complete": { slice_id: "a", success: true },
      "slices/move": { slice_id: "b", to_host: "desk" },
      "slices/retry": { slice_id: "a" },
      advance: { to_phase: "p2" },
      cancel: { reason: "done with it" },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const answer = await post(`/demo/${path}`, body);
      expect([path, answer.statusCode]).toEqual([path, answer.json().success ? 200 : 409]);
    }
    expect(epochs.messages.map(({ kind }) => kind)).toEqual([
      "vote",
      "finding",
      "answer",
      "register_session",
      "end_session",
      "complete_slice",
      "move_slice",
      "retry_slice",
      "advance",
      "cancel",
    ]);
  });

  it("answer a refused message with 409, the reply beside the error", async () => {
    const answer = await post("/demo/advance", { to_phase: "p5" });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({
      schema_version: 1,
      error: { code: "refused", message: "no way from p1 to p5; possible: p2" },
      success: false,
      refused: ["no way from p1 to p5; possible: p2"],
      phase: "p1",
      role: "architect",
    });
  });

  it.each([
    ["advance", { to_phase: "p99" }, "p99"],
    ["advance", {}, "to_phase"],
    ["vote", { axis: "speed", vote: "ACCEPT", reviewer_id: "r" }, "speed"],
    ["vote", { axis: "elegance", vote: "MAYBE", reviewer_id: "r" }, "MAYBE"],
    ["sessions", { session_id: "s", role: "king" }, "king"],
    ["slices/retry", { slice_id: "../x" }, "../x"],
    ["cancel", [], "object"],
    ["cancel", "now", "object"],
  ])("refuse a malformed message to %s with 400 and one line: %j", async (path, body, said) => {
    const answer = await post(`/demo/${path}`, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error).toMatchObject({ code: "usage", message: expect.stringContaining(said) });
    expect(epochs.messages).toEqual([]);
  });

  it("filter the audit trail by phase in any form, role, type and number", async () => {
    await epochs.advance("demo", { to_phase: "p2" });
    const seqs = async (query: string): Promise<number[]> =>
      (await app.inject(`/v1/epochs/demo/audit${query}`)).json().events.map(({ seq }: { seq: number }) => seq);
    expect(await seqs("")).toEqual([1, 2, 3]);
    expect(await seqs("?phase=elicit")).toEqual([3]);
    expect(await seqs("?type=phase_advance&role=architect")).toEqual([2]);
    expect(await seqs("?after=2")).toEqual([3]);
    expect(await seqs("?kept=1")).toEqual([1, 2, 3]);
    for (const query of ["phase=p77", "role=king", "type=party", "after=-1"]) {
      const answer = await app.inject(`/v1/epochs/demo/audit?${query}`);
      expect([query, answer.statusCode]).toEqual([query, 400]);
      expect(answer.json().error.message).toContain(query.split("=")[1]);
    }
  });

  it("give what a slice wrote, by attempt", async () => {
    for (const line of ["one", "two", "three"]) epochs.writeLog("demo", "a", line);
    epochs.writeLog("demo", "a", "again", 2);
    expect((await app.inject("/v1/epochs/demo/slices/a/logs?n=2")).json()).toEqual({
      schema_version: 1,
      epoch_id: "demo",
      slice_id: "a",
      lines: ["two", "three"],
    });
    expect((await app.inject("/v1/epochs/demo/slices/a/logs?attempt=2")).json().lines).toEqual(["again"]);
    for (const query of ["n=ten", "attempt=0"]) expect((await app.inject(`/v1/epochs/demo/slices/a/logs?${query}`)).statusCode).toBe(400);
  });

  it("are not there for messages on a read-only listener", async () => {
    const reading = buildApi({ ...fakeDaemon(new FakeHost([]), {}, epochs), token: null, mode: "read-only" });
    expect((await reading.inject({ method: "POST", url: "/v1/epochs/demo/cancel", payload: '{"reason":"x"}' })).statusCode).toBe(405);
    expect((await reading.inject("/v1/epochs")).statusCode).toBe(200);
    await reading.close();
  });
});

describe("the client of epochs", () => {
  let folder: string;
  let listener: Listener;
  let client: EpochsClient;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "aura-epochs-"));
    listener = await listenSocket(fakeDaemon(new FakeHost([]), { heartbeatMs: 10 }, epochs), join(folder, "aurad.sock"));
    client = createEpochsClient({ socketPath: listener.url });
  });
  afterEach(async () => {
    client.close();
    await listener.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("asks everything a control can be asked, with the same answers", async () => {
    expect(await client.start(start)).toEqual({ workflow_id: "demo", run_id: "run-of-demo" });
    expect(epochs.started).toEqual([start]);
    expect(await client.list()).toEqual(await epochs.list());
    expect(await client.state("demo")).toEqual(await epochs.state("demo"));
    expect(await client.audit("demo", {})).toEqual(await epochs.audit("demo", {}));
    expect(await client.audit("demo", { type: "vote_recorded", after: 0 })).toEqual([]);
    expect(await client.keptAudit("demo")).toEqual(await epochs.keptAudit("demo"));
    expect(await client.history("demo")).toEqual(await epochs.history("demo"));
  });

  it("hands messages on whole, and gives a refusal as a reply", async () => {
    await client.start(start);
    const vote: CastVote = {
      axis: "elegance",
      vote: "REVISE",
      reviewer_id: "r",
      comment: "names",
      slice_ids: ["a"],
      by: "Ann Ö",
      key: "k1",
    };
    expect(await client.vote("demo", vote)).toEqual({ success: true, refused: [], phase: "p1", role: "architect" });
    expect(epochs.messages.at(-1)).toEqual({ epochId: "demo", kind: "vote", message: vote });
    const refused: Advance = { to_phase: "p9", key: "k2", by: "ann" };
    expect(await client.advance("demo", refused)).toEqual({
      success: false,
      refused: ["no way from p1 to p9; possible: p2"],
      phase: "p1",
      role: "architect",
    });
    expect(await client.finding("demo", { op: "add", key: "k3" })).toMatchObject({ success: true, ids: ["b1"] });
  });

  it("rejects with the daemon's own error", async () => {
    await expect(client.state("nope")).rejects.toMatchObject({ code: "not_found", message: "there is no epoch nope" });
    await expect(client.cancel("nope", { reason: "" })).rejects.toMatchObject({ code: "usage" });
    epochs.away = new AuraError("temporal_unreachable", "Temporal does not answer");
    await expect(client.list()).rejects.toMatchObject({ code: "temporal_unreachable" });
  });

  it("follows what a slice writes until the reader has enough", async () => {
    await client.start(start);
    epochs.writeLog("demo", "a", "before");
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const line of client.logs.follow({ epoch_id: "demo", slice_id: "a", lines: 10 }, stop.signal)) {
      seen.push(line);
      if (line === "before") epochs.writeLog("demo", "a", "after");
      else stop.abort();
    }
    expect(seen).toEqual(["before", "after"]);
    await expect(client.logs.tail({ epoch_id: "demo", slice_id: "b", lines: 1 })).rejects.toMatchObject({ code: "not_found" });
  });
});
