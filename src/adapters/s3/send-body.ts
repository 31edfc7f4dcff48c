import type { ClientRequest } from "node:http";
import { Readable } from "node:stream";
import type { Bandwidth } from "./throttle.js";

/** From here on a server is asked first whether it wants the body: one that refuses may close the connection on it. */
export const ASK_FIRST = 1024 * 1024;

/** How long it may think about that: some servers never say. */
const PATIENCE_MS = 1000;

/** Bytes, or what yields them. */
export type Body = Uint8Array | AsyncIterable<Uint8Array> | null;

/** What is told about a body under way. */
export interface Sending {
  /** The upload limit holds it back, or the disk that it is read from. */
  held: boolean;
}

export function bodyOf(body: unknown): Body {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array || body instanceof Readable) return body;
  throw new TypeError("the body of a request is bytes, text or a stream of bytes");
}

/**
 * Sends a body and ends the request; nothing of it when the server has refused it before. Returns whether the server said
 * that it wants it; null when it was not asked. Rejects with StoreError `aborted`.
 */
export async function sendBody(
  sent: ClientRequest,
  body: Body,
  sending: Sending,
  upload: Bandwidth,
  signal?: AbortSignal,
): Promise<boolean | null> {
  const word = sent.hasHeader("expect") ? await wordOf(sent) : null;
  if (word === "refused") return true;
  if (body === null) sent.end();
  else if (!(body instanceof Uint8Array)) await sendPieces(sent, body, sending, upload, signal);
  else if (!upload.limited) sent.end(body);
  else if (await sendSlowly(sent, body, sending, upload, signal)) sent.end();
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

/** Read as they are sent. Rejects with what the reading rejects with. */
async function sendPieces(
  sent: ClientRequest,
  pieces: AsyncIterable<Uint8Array>,
  sending: Sending,
  upload: Bandwidth,
  signal?: AbortSignal,
): Promise<void> {
  sending.held = true;
  for await (const piece of pieces) {
    sending.held = false;
    if (!(await sendSlowly(sent, piece, sending, upload, signal))) return;
    sending.held = true;
  }
  sending.held = false;
  sent.end();
}

/** At the rate of the upload limit. Resolves when more may be sent: false when the request has ended before. */
async function sendSlowly(
  sent: ClientRequest,
  bytes: Uint8Array,
  sending: Sending,
  upload: Bandwidth,
  signal?: AbortSignal,
): Promise<boolean> {
  for (let at = 0; at < bytes.length && !sent.destroyed; at += upload.piece) {
    const piece = bytes.subarray(at, at + upload.piece);
    sending.held = true;
    await upload.take(piece.length, signal);
    sending.held = false;
    if (!sent.write(piece) && !sent.destroyed) await drained(sent);
  }
  return !sent.destroyed;
}

/** Resolves when it takes more, or never will. */
function drained(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sent.off("drain", done).off("close", done);
      resolve();
    };
    sent.on("drain", done).on("close", done);
  });
}
