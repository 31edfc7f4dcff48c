import { AuraError } from "../shared/errors.js";
import { answeredError, type HttpClient } from "./client-http.js";
import { parseEvents } from "./event-parser.js";

/** One event of `GET /v1/events`, its data parsed. */
export interface StreamedEvent {
  readonly id: number;
  readonly type: string;
  readonly data: unknown;
}

/** A log that is followed: each event is a line. Ends when the signal aborts, or when the daemon has nothing more to say. */
export async function* streamedLines(http: HttpClient, path: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const event of quietOnAbort(streamOf(http, path, signal), signal)) {
    if (event.type === "error") throw answeredError(JSON.parse(event.data), "the log cannot be followed");
    yield JSON.parse(event.data) as string;
  }
}

export async function* streamedEvents(http: HttpClient, signal: AbortSignal, opened?: () => void): AsyncGenerator<StreamedEvent> {
  for await (const event of quietOnAbort(streamOf(http, "/v1/events", signal, opened), signal)) {
    yield { id: Number(event.id ?? 0), type: event.type, data: JSON.parse(event.data) as unknown };
  }
}

async function* streamOf(http: HttpClient, path: string, signal: AbortSignal, opened?: () => void): ReturnType<typeof parseEvents> {
  const stream = await http.stream(path, signal);
  opened?.();
  yield* parseEvents(stream);
}

/** The reader's own abort is the end of the stream, not a failure. */
async function* quietOnAbort<T>(stream: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    yield* stream;
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof AuraError) throw error;
    throw new AuraError("daemon_not_running", "aurad ended the connection", { cause: error });
  }
}
