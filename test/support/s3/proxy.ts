import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { pipeline } from "node:stream";

export interface Proxy {
  readonly port: number;
  /** What it was asked for: `http://HOST/PATH` or `HOST:PORT`. */
  readonly asked: readonly string[];
  end(): Promise<void>;
}

export interface ProxyOptions {
  /** Wherever it is asked for, this port of this machine is what it reaches. */
  readonly to: number;
  /** `USER:PASSWORD`; nobody else is let through. */
  readonly user?: string;
  /** Takes connections, and says nothing. */
  readonly silent?: boolean;
}

/** A forward proxy, as companies have them. */
export async function startProxy({ to, user, silent = false }: ProxyOptions): Promise<Proxy> {
  const asked: string[] = [];
  const wanted = user === undefined ? undefined : `Basic ${Buffer.from(user).toString("base64")}`;
  const server = createServer((from, answer) => {
    asked.push(from.url!);
    if (silent) return;
    if (wanted !== undefined && from.headers["proxy-authorization"] !== wanted) return void answer.writeHead(407).end();
    const { pathname, search } = new URL(from.url!);
    const sent = request({ port: to, method: from.method, path: pathname + search, headers: from.headers }, (came) => {
      answer.writeHead(came.statusCode!, came.headers);
      pipeline(came, answer, () => {});
    });
    pipeline(from, sent, () => {});
  });
  const tunnels = new Set<{ destroy(): void }>();
  server.on("connect", (from, socket) => {
    tunnels.add(socket);
    asked.push(from.url!);
    socket.on("error", () => {});
    if (silent) return;
    if (wanted !== undefined && from.headers["proxy-authorization"] !== wanted) return void socket.end("HTTP/1.1 407 Who\r\n\r\n");
    const there = connect(to, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    pipeline(socket, there, socket, () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async end() {
      for (const tunnel of tunnels) tunnel.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
