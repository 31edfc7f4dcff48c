import { createServer, connect } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { createProbe } from "../../src/adapters/probe/probe.js";
import { isSelfConnected } from "../../src/adapters/probe/tcp.js";
import { closedPort, httpServer, target, tcpServer } from "./servers.js";

const { probe } = createProbe();

describe("an http probe", () => {
  it.each([200, 204, 299])("is healthy on %i", async (status) => {
    const server = await httpServer((req, res) => {
      expect(req.url).toBe("/healthz");
      res.writeHead(status).end();
    });
    expect(await probe(target({ type: "http", path: "/healthz" }, { port: server.port }))).toBeNull();
  });

  it.each([302, 404, 500, 503])("names the path and status on %i", async (status) => {
    const server = await httpServer((_req, res) => res.writeHead(status, { location: "/ok" }).end("no"));
    expect(await probe(target({ type: "http", path: "/healthz" }, { port: server.port }))).toBe(`GET /healthz: ${status}`);
    expect(server.accepted()).toBe(1);
  });

  it("never shows the query, where tokens are put", async () => {
    const server = await httpServer((_req, res) => res.writeHead(401).end());
    expect(await probe(target({ type: "http", path: "/h?token=s3cret" }, { port: server.port }))).toBe("GET /h: 401");
  });

  it("uses health.port before the service's own port", async () => {
    const server = await httpServer((_req, res) => res.end("ok"));
    const other = await closedPort();
    expect(await probe(target({ type: "http", path: "/", port: server.port }, { port: other }))).toBeNull();
  });

  it("says refused when nothing listens", async () => {
    const port = await closedPort();
    expect(await probe(target({ type: "http", path: "/" }, { port }))).toBe(`connect 127.0.0.1:${port}: refused`);
  });

  it("says what broke when the server hangs up before answering", async () => {
    const server = await tcpServer((socket) => socket.destroy());
    expect(await probe(target({ type: "http", path: "/" }, { port: server.port }))).toMatch(/^GET \/: /);
  });

  it("times out on a server that never answers, and on one that never ends its body", async () => {
    const silent = await httpServer(() => {});
    const endless = await httpServer((_req, res) => {
      res.writeHead(200);
      res.write("a");
    });
    for (const { port, idle } of [silent, endless]) {
      expect(await probe(target({ type: "http", path: "/", timeoutMs: 60 }, { port }))).toBe("timed out after 60ms");
      await idle();
    }
  });

  it("is healthy when a body is longer than it cares to read, and hangs up", async () => {
    const server = await httpServer((_req, res) => {
      const more = () => {
        while (!res.destroyed && res.write("x".repeat(65_536)));
        if (!res.destroyed) res.once("drain", more);
      };
      more();
    });
    expect(await probe(target({ type: "http", path: "/" }, { port: server.port }))).toBeNull();
    await server.idle();
  });

  it("closes every connection, also when many probes run at once", async () => {
    const server = await httpServer((_req, res) => res.end("ok"));
    const all = Array.from({ length: 50 }, () => probe(target({ type: "http", path: "/" }, { port: server.port })));
    expect(new Set(await Promise.all(all))).toEqual(new Set([null]));
    await server.idle();
    expect(server.accepted()).toBe(50);
  });

  it("answers with a reason instead of failing when the path cannot be sent", async () => {
    expect(await probe(target({ type: "http", path: "/a b\u0000" }, { port: 80 }))).toMatch(/^http probe: /);
  });
});

describe("a tcp probe", () => {
  it("is healthy when the connection is accepted, and closes it", async () => {
    const server = await tcpServer();
    expect(await probe(target({ type: "tcp" }, { port: server.port }))).toBeNull();
    await server.idle();
    expect(server.accepted()).toBe(1);
  });

  it("says refused when nothing listens", async () => {
    const port = await closedPort();
    expect(await probe(target({ type: "tcp" }, { port }))).toBe(`connect 127.0.0.1:${port}: refused`);
  });

  it("says that there is no port when there is none", async () => {
    expect(await probe(target({ type: "tcp" }))).toBe("no port to probe; set health.port or network.port");
  });

  it("does not take a socket that was connected to itself for a service", async () => {
    const port = await closedPort();
    const self = connect({ host: "127.0.0.1", port, localPort: port, localAddress: "127.0.0.1" });
    await once(self, "connect");
    expect(isSelfConnected(self)).toBe(true);
    self.destroy();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const other = connect({ host: "127.0.0.1", port: (server.address() as { port: number }).port });
    await once(other, "connect");
    expect(isSelfConnected(other)).toBe(false);
    other.destroy();
    server.close();
  });

  it("costs well below a millisecond of processor time", async () => {
    const server = await tcpServer();
    const one = () => probe(target({ type: "tcp" }, { port: server.port }));
    for (let i = 0; i < 100; i++) await one();
    const before = process.cpuUsage();
    for (let i = 0; i < 300; i++) await one();
    const { user, system } = process.cpuUsage(before);
    // Both ends run here. 100 probes each 10 s are 10 a second: at 1 ms each, 1 % of a core.
    expect((user + system) / 1000 / 300).toBeLessThan(1);
  });
});
