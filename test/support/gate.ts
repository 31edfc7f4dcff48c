import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export interface Gate {
  readonly address: string;
  /** Nothing goes through any more, in either direction, as when a cable is pulled out. */
  shut(): void;
  /** What is connected is cut off; who connects anew gets through. */
  open(): void;
  end(): Promise<void>;
}

/** A way to a server that can be shut between any two bytes. */
export async function startGate(address: string): Promise<Gate> {
  const [host = "", port = ""] = address.split(":");
  const sockets = new Set<Socket>();
  let isShut = false;
  const server = createServer((near) => {
    const far = connect({ host, port: Number(port) });
    for (const [from, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => void (isShut || other.write(bytes)));
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut: () => void (isShut = true),
    open() {
      isShut = false;
      cut();
    },
    async end() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
