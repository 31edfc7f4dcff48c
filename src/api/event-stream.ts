import type { FastifyReply } from "fastify";

/** Unread bytes after which a reader counts as gone: a stalled browser must not fill the daemon's memory. */
const MAX_BUFFERED = 4 * 1024 * 1024;

export interface EventStream {
  /** Aborted when the reader went away or the listener closes. */
  readonly signal: AbortSignal;
  /** Writes one event; drops the connection when the reader does not keep up. */
  send(event: { readonly id?: number; readonly type?: string; readonly data: unknown }): void;
  end(): void;
}

/** Answers a request as server-sent events. `closing` ends the stream from the daemon's side. */
export function openEventStream(reply: FastifyReply, heartbeatMs: number, closing: AbortSignal): EventStream {
  reply.hijack();
  const raw = reply.raw;
  const gone = new AbortController();
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  raw.write("retry: 2000\n\n");
  const heartbeat = setInterval(() => raw.write(": heartbeat\n\n"), heartbeatMs);
  heartbeat.unref();
  const end = (): void => {
    clearInterval(heartbeat);
    closing.removeEventListener("abort", end);
    gone.abort();
    raw.end();
  };
  raw.once("close", end);
  closing.addEventListener("abort", end);
  if (closing.aborted) end();
  return {
    signal: gone.signal,
    end,
    send(event) {
      if (gone.signal.aborted) return;
      raw.write(frame(event));
      if (raw.writableLength > MAX_BUFFERED) raw.destroy();
    },
  };
}

function frame(event: { readonly id?: number; readonly type?: string; readonly data: unknown }): string {
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  const type = event.type === undefined ? "" : `event: ${event.type}\n`;
  return `${id}${type}data: ${JSON.stringify(event.data)}\n\n`;
}
