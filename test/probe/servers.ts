import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach } from "vitest";
import type { ProbeTarget } from "../../src/services/ports.js";
import type { HealthSpec } from "../../src/services/spec.js";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

export interface Counted {
  readonly port: number;
  /** Connections open now. */
  open(): number;
  /** Connections ever accepted. */
  accepted(): number;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
}

export async function httpServer(listener: RequestListener): Promise<Counted> {
  return counted(createHttp(listener));
}

export async function tcpServer(onSocket: (socket: Socket) => void = () => {}): Promise<Counted> {
  return counted(createTcp(onSocket));
}

async function counted(server: Server): Promise<Counted> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      server.emit("one-less");
    });
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as AddressInfo).port,
    open: () => sockets.size,
    accepted: () => accepted,
    async idle() {
      while (sockets.size > 0) await once(server, "one-less");
    },
  };
}

/** A port that nothing listens on. */
export async function closedPort(): Promise<number> {
  const server = createTcp().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function target(health: Partial<HealthSpec> & Pick<HealthSpec, "type">, rest: Partial<ProbeTarget> = {}): ProbeTarget {
  return {
    service: "api",
    health: { intervalMs: 10_000, timeoutMs: 2000, gracePeriodMs: 0, unhealthyThreshold: 3, ...health },
    port: null,
    env: { PATH: process.env["PATH"] ?? "" },
    ...rest,
  };
}
