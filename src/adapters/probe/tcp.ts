import { connect, type Socket } from "node:net";
import { connectReason, LOOPBACK, timedOut } from "./reason.js";

/** Healthy when the connection is accepted; it is closed at once. */
export function probeTcp(port: number, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    const finish = (reason: string | null) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => finish(timedOut(timeoutMs)), timeoutMs);
    socket.once("connect", () => {
      finish(isSelfConnected(socket) ? `connect ${LOOPBACK}:${port}: refused` : null);
    });
    // Stays attached: an error after the decision must not become an uncaught one.
    socket.on("error", (error: NodeJS.ErrnoException) => finish(connectReason(port, error)));
  });
}

/**
 * On loopback the kernel may pick the probed port as the local port of the connection; TCP then
 * connects the socket to itself, and a dead service in the ephemeral range would look healthy.
 */
export function isSelfConnected(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}
