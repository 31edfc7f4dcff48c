import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiClient, type ApiClient, type StreamedEvent } from "../../src/api/client.js";
import { parseEvents } from "../../src/api/event-parser.js";
import { listenSocket, type Listener } from "../../src/api/listen.js";
import { FakeHost } from "../support/fake-control.js";
import { fakeDaemon } from "../support/fake-daemon.js";

const asker = { by: "ann@desk", requestId: "r1" };
let folder: string;
let host: FakeHost;
let listener: Listener;
let client: ApiClient;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "aura-client-"));
  host = new FakeHost([{ name: "store" }, { name: "api", after: ["store"] }, { name: "box", refused: "no driver" }]);
  listener = await listenSocket(fakeDaemon(host, { heartbeatMs: 10 }), join(folder, "aurad.sock"));
  client = createApiClient({ socketPath: listener.url });
});
afterEach(async () => {
  client.close();
  await listener.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the client over the socket", () => {
  it("asks everything a control can be asked, with the same answers", async () => {
    expect(await client.status()).toEqual(await host.status());
    expect(await client.graph()).toEqual(await host.graph());
    expect(await client.why("api")).toEqual(await host.why("api"));
    expect(await client.reload(asker)).toMatchObject(await host.reload(asker));
    expect(await client.health()).toMatchObject({ host: "laptop", pid: 4711, temporal: { connected: true } });
  });

  it("hands on who asks", async () => {
    await client.up(["api"], asker);
    await client.down([], asker);
    await client.restart("api", asker);
    expect(host.askers).toEqual([asker, asker, asker]);
  });

  it("gives a refusal as a result", async () => {
    expect(await client.up(["box"], asker)).toMatchObject({ refused: [{ name: "box", reason: "no driver" }], services: [{ name: "box" }] });
  });

  it("gives the daemon's errors as they were thrown", async () => {
    await expect(client.why("nope")).rejects.toMatchObject({ code: "not_found", message: "host laptop has no service nope" });
    await expect(client.restart("a/b", asker)).rejects.toMatchObject({ code: "not_found", message: "host laptop has no service a/b" });
  });

  it("says that no daemon answers", async () => {
    const gone = createApiClient({ socketPath: join(folder, "none.sock") });
    await expect(gone.status()).rejects.toMatchObject({ code: "daemon_not_running", message: expect.stringContaining("none.sock") });
  });

  it("follows a log, starting with its tail, until told to stop", async () => {
    host.logLines.set("api", ["old", "first: ünï\tcode"]);
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const line of client.follow("api", { lines: 1 }, stop.signal)) {
      seen.push(line);
      if (seen.length === 1) host.writeLog("api", "second");
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual(["first: ünï\tcode", "second"]);
    await expect.poll(() => host.followers).toBe(0);
  });

  it("refuses to follow the log of an unknown service", async () => {
    const lines = client.follow("nope", { lines: 1 }, new AbortController().signal);
    await expect(lines[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "not_found" });
  });

  it("delivers every event in order and leaves nobody behind when stopped", async () => {
    const stop = new AbortController();
    const seen: StreamedEvent[] = [];
    for await (const event of client.events(stop.signal, () => void client.up(["api"], asker))) {
      seen.push(event);
      if (seen.length === 6) stop.abort();
    }
    expect(seen.map((event) => event.id)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(seen.map(({ data }) => `${(data as { service: string }).service} ${(data as { to: string }).to}`)).toEqual([
      "api pending",
      "store pending",
      "store starting",
      "store running",
      "api starting",
      "api running",
    ]);
    await expect.poll(() => host.listeners).toBe(0);
  });

  it("tells a reader when the daemon goes away", async () => {
    const events = client.events(new AbortController().signal, () => void listener.close());
    const rest: unknown[] = [];
    for await (const event of events) rest.push(event);
    expect(rest).toEqual([]);
    listener = await listenSocket(fakeDaemon(host), join(folder, "aurad.sock"));
  });
});

describe("reading server-sent events", () => {
  it("skips comments, joins data lines and survives cuts in the middle of a character", async () => {
    const bytes = Buffer.from('retry: 1\n\n: heartbeat\n\nid: 7\nevent: transition\ndata: "ü\ndata: x"\n\ndata: 2\n\n');
    const cut = bytes.indexOf(0xbc);
    async function* parts() {
      yield bytes.subarray(0, cut);
      yield bytes.subarray(cut);
    }
    const events = [];
    for await (const event of parseEvents(parts())) events.push(event);
    expect(events).toEqual([
      { id: "7", type: "transition", data: '"ü\nx"' },
      { id: undefined, type: "message", data: "2" },
    ]);
  });
});

it("sends a heartbeat while nothing happens", async () => {
  const { request } = await import("node:http");
  const text = await new Promise<string>((resolve) => {
    let all = "";
    const sent = request({ socketPath: listener.url, path: "/v1/events", headers: { "last-event-id": "99" } }, (answer) => {
      answer.setEncoding("utf8").on("data", (part: string) => {
        all += part;
        if (all.includes(": heartbeat\n\n: heartbeat\n\n")) {
          sent.destroy();
          resolve(all);
        }
      });
    });
    sent.end();
  });
  expect(text).toMatch(/^retry: 2000\n\n/);
});
