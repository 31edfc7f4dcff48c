import { once } from "node:events";
import type { ClientRequest } from "node:http";
import type { Bandwidth } from "./throttle.js";

/** From here on a server is asked first whether it wants the body: one that refuses may close the connection on it. */
export const ASK_FIRST = 1024 * 1024;

/** How long it may think about that: some servers never say. */
const PATIENCE_MS = 1000;

/** What is told about a body under way. */
export interface Sending {
  /** The upload limit holds it back. */
  held: boolean;
}

export function bytesOfBody(body: unknown): Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  throw new TypeError("the body of a request is bytes or text");
}

/**
 * Sends a body and ends the request; nothing of it when the server has refused it before. Returns whether the server said
 * that it wants it; null when it was not asked. Rejects with StoreError `aborted`.
 */
export async function sendBody(
  sent: ClientRequest,
  bytes: Uint8Array | null,
  sending: Sending,
  upload: Bandwidth,
  signal?: AbortSignal,
): Promise<boolean | null> {
  const word = sent.hasHeader("expect") ? await wordOf(sent) : null;
  if (word === "refused") return true;
  if (bytes === null) sent.end();
  else if (!upload.limited) sent.end(bytes);
  else await sendSlowly(sent, bytes, sending, upload, signal);
  return word === null ? null : word === "wanted";
}

/** What the server says to the headers alone. */
function wordOf(sent: ClientRequest): Promise<"wanted" | "refused" | "nothing"> {
  sent.flushHeaders();
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    // A new connection has to be made first.
    sent.once("socket", (socket) => {
      const wait = (): void => void (timer = setTimeout(resolve, PATIENCE_MS, "nothing"));
      if (socket.connecting) socket.once("connect", wait);
      else wait();
    });
    const said = (word: "wanted" | "refused"): void => {
      clearTimeout(timer);
      resolve(word);
    };
    sent.once("continue", () => said("wanted"));
    sent.once("response", (answer) => {
      said("refused");
      // The server waits for a body that does not come: this connection is of no more use.
      answer.once("close", () => void (sent.writableEnded || sent.destroy()));
    });
    sent.once("close", () => said("refused"));
  });
}

async function sendSlowly(
  sent: ClientRequest,
  bytes: Uint8Array,
  sending: Sending,
  upload: Bandwidth,
  signal?: AbortSignal,
): Promise<void> {
  for (let at = 0; at < bytes.length && !sent.destroyed; at += upload.piece) {
    const piece = bytes.subarray(at, at + upload.piece);
    sending.held = true;
    await upload.take(piece.length, signal);
    sending.held = false;
    if (!sent.write(piece)) await Promise.race([once(sent, "drain"), once(sent, "close")]);
  }
  sent.end();
}
