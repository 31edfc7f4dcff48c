import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { HttpHandler } from "../../src/adapters/s3/http-handler.js";
import { Bandwidth } from "../../src/adapters/s3/throttle.js";
import { bytesOf, equal, MIB } from "./bodies.js";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("the sender of requests", () => {
  const ends: (() => void)[] = [];
  afterEach(() => ends.splice(0).forEach((end) => end()));

  /** A server of which each test says what it does with the bytes that come. */
  const serve = async (
    onBytes: (text: string, socket: Socket, all: () => Buffer) => void,
  ): Promise<{ port: number; connections: () => number }> => {
    let connections = 0;
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      connections++;
      sockets.add(socket);
      const came: Buffer[] = [];
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        came.push(bytes);
        onBytes(bytes.toString("latin1"), socket, () => Buffer.concat(came));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });
    return { port: (server.address() as AddressInfo).port, connections: () => connections };
  };
  const handlerWith = (options: { idleMs?: number; rate?: number } = {}): HttpHandler => {
    const { idleMs = 10_000, rate = null } = options;
    const handler = new HttpHandler({ maxSockets: 4, connectMs: 10_000, idleMs, upload: new Bandwidth(rate) });
    ends.push(() => handler.destroy());
    return handler;
  };
  const send = async (handler: HttpHandler, port: number, body?: Uint8Array): Promise<{ status: number; text: string }> => {
    const headers: Record<string, string> = { host: "here", ...(body && { "content-length": String(body.length) }) };
    const request = { method: "PUT", protocol: "http:", hostname: "127.0.0.1", port, path: "/a", headers, ...(body && { body }) };
    const { response } = await handler.handle(request);
    let text = "";
    for await (const piece of response.body) text += String(piece);
    return { status: response.statusCode, text };
  };

  it("uses a connection again", async () => {
    const server = await serve((_, socket) => socket.write(OK));
    const handler = handlerWith();
    for (let i = 0; i < 5; i++) expect(await send(handler, server.port, bytesOf(10, i))).toEqual({ status: 200, text: "ok" });
    expect(server.connections()).toBe(1);
  });

  it("keeps a large body to itself when the server refuses it beforehand", async () => {
    let bytes = 0;
    const server = await serve((text, socket, all) => {
      bytes = all().length;
      if (text.includes("\r\n\r\n")) socket.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    });
    expect(await send(handlerWith(), server.port, bytesOf(9 * MIB, 1))).toEqual({ status: 403, text: "no" });
    expect(bytes).toBeLessThan(1000);
  });

  it("sends a large body once the server wants it", async () => {
    const body = bytesOf(3 * MIB, 1);
    let came: Buffer = Buffer.alloc(0);
    const server = await serve((text, socket, all) => {
      if (text.includes("100-continue")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      const whole = all();
      came = whole.subarray(whole.indexOf("\r\n\r\n") + 4);
      if (came.length === body.length) socket.write(OK);
    });
    expect(await send(handlerWith(), server.port, body)).toEqual({ status: 200, text: "ok" });
    expect(equal(came, body)).toBe(true);
  });

  it("does not mistake a slow disk for silence of the server, and passes on what the reading says", async () => {
    const body = bytesOf(3 * MIB, 1);
    const server = await serve((text, socket, all) => {
      if (text.includes("100-continue")) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      if (all().length > body.length) socket.write(OK);
    });
    const request = (pieces: AsyncIterable<Uint8Array>): Parameters<HttpHandler["handle"]>[0] => ({
      method: "PUT",
      protocol: "http:",
      hostname: "127.0.0.1",
      port: server.port,
      path: "/a",
      headers: { host: "here", "content-length": String(body.length) },
      body: Readable.from(pieces, { objectMode: false }),
    });
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += MIB) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        yield body.subarray(at, at + MIB);
      }
    }
    const { response } = await handlerWith({ idleMs: 100 }).handle(request(slow()));
    expect(response.statusCode).toBe(200);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield body.subarray(0, MIB);
      throw new Error("the disk is broken");
    }
    await expect(handlerWith().handle(request(broken()))).rejects.toThrow("the disk is broken");
  });

  it("sends a large body to a server that says nothing either, and asks it no more", async () => {
    const body = bytesOf(MIB, 1);
    let asked = 0;
    const server = await serve((text, socket, all) => {
      if (text.includes("100-continue")) asked++;
      const heads = all().toString("latin1").split("PUT /a").length - 1;
      if (all().length >= heads * body.length) socket.write(OK);
    });
    const handler = handlerWith();
    expect((await send(handler, server.port, body)).status).toBe(200);
    expect((await send(handler, server.port, body)).status).toBe(200);
    expect(asked).toBe(1);
  });

  it("does not mistake its own limit for silence of the server", async () => {
    const body = bytesOf(300_000, 1);
    const server = await serve((_, socket, all) => {
      if (all().length > body.length) socket.write(OK);
    });
    const handler = handlerWith({ idleMs: 120, rate: 300_000 });
    const both = await Promise.all([send(handler, server.port, body), send(handler, server.port, body)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
  });

  it("does not mistake a reader that takes its time for silence of the server", async () => {
    const whole = bytesOf(4 * MIB, 1);
    const server = await serve((_, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${whole.length}\r\n\r\n`);
      socket.write(whole);
    });
    const { response } = await handlerWith({ idleMs: 100 }).handle({
      method: "GET",
      protocol: "http:",
      hostname: "127.0.0.1",
      port: server.port,
      path: "/a",
      headers: { host: "here" },
    });
    let came = 0;
    for await (const piece of response.body) {
      if (came === 0) await new Promise((resolve) => setTimeout(resolve, 350));
      came += (piece as Buffer).length;
    }
    expect(came).toBe(whole.length);
  });

  it("gives up when nothing moves, before an answer and within one", async () => {
    const silent = await serve(() => {});
    await expect(send(handlerWith({ idleMs: 100 }), silent.port)).rejects.toThrow("no answer for 0.1 s");
    const half = await serve((_, socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"));
    await expect(send(handlerWith({ idleMs: 100 }), half.port)).rejects.toThrow("no answer for 0.1 s");
  });

  it("asks for what was signed", async () => {
    let line = "";
    const server = await serve((text, socket) => {
      line = text.split("\r\n")[0]!;
      socket.write(OK);
    });
    const query = { prefix: "roots/a b/!'()*+é", "list-type": "2", uploads: "", acl: null, many: ["1", "2"] };
    const { response } = await handlerWith().handle({
      method: "GET",
      protocol: "http:",
      hostname: "127.0.0.1",
      port: server.port,
      path: "/bucket",
      query,
      headers: { host: "here" },
    });
    response.body.resume();
    expect(line).toBe("GET /bucket?prefix=roots%2Fa%20b%2F%21%27%28%29%2A%2B%C3%A9&list-type=2&uploads=&acl&many=1&many=2 HTTP/1.1");
  });
});
