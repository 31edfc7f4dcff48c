import { request, type IncomingMessage } from "node:http";
import { connectReason, errorWord, LOOPBACK, timedOut } from "./reason.js";
import { isSelfConnected } from "./tcp.js";

/** More than this of a body is not read: the connection is cut and the status decides. */
const MAX_BODY_BYTES = 64 * 1024;

/** Healthy on any 2xx whose body ends within the timeout. Redirects are not followed. */
export function probeHttp(port: number, path: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const req = request({
      host: LOOPBACK,
      port,
      path,
      method: "GET",
      agent: false, // an agent would keep sockets; a probe is one connection
      headers: { connection: "close", "user-agent": "aura-probe", accept: "*/*" },
    });
    let connected = false;
    const finish = (reason: string | null) => {
      clearTimeout(timer);
      req.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => finish(timedOut(timeoutMs)), timeoutMs);
    req.once("socket", (socket) => {
      socket.once("connect", () => {
        connected = true;
        if (isSelfConnected(socket)) finish(`connect ${LOOPBACK}:${port}: refused`);
      });
    });
    req.once("response", (res) => drain(res, () => finish(verdict(path, res.statusCode ?? 0))));
    req.once("upgrade", (res, socket) => {
      socket.destroy();
      finish(verdict(path, res.statusCode ?? 0));
    });
    req.on("error", (error: NodeJS.ErrnoException) => {
      finish(connected ? `GET ${shown(path)}: ${errorWord(error)}` : connectReason(port, error));
    });
    req.end();
  });
}

function verdict(path: string, status: number): string | null {
  return status >= 200 && status < 300 ? null : `GET ${shown(path)}: ${status}`;
}

/** Without the query: that is where tokens are put. */
function shown(path: string): string {
  return path.split("?", 1)[0]!;
}

function drain(res: IncomingMessage, done: () => void): void {
  let left = MAX_BODY_BYTES;
  res.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) done();
  });
  // `close` also comes after a body cut short; the status has been given by then.
  res.once("close", done);
  res.on("error", done);
}
