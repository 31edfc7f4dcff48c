export interface ReceivedEvent {
  readonly id: string | undefined;
  /** `message` when the sender named none. */
  readonly type: string;
  readonly data: string;
}

/** Reads server-sent events from a stream of bytes. Comments (heartbeats) are skipped. */
export async function* parseEvents(stream: AsyncIterable<Buffer | string>): AsyncGenerator<ReceivedEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const part of stream) {
    rest += typeof part === "string" ? part : decoder.decode(part, { stream: true });
    let end = rest.indexOf("\n\n");
    while (end >= 0) {
      const event = parseFrame(rest.slice(0, end));
      rest = rest.slice(end + 2);
      end = rest.indexOf("\n\n");
      if (event !== undefined) yield event;
    }
  }
}

function parseFrame(frame: string): ReceivedEvent | undefined {
  let id: string | undefined;
  let type = "message";
  const data: string[] = [];
  for (const line of frame.split("\n")) {
    const [, field, value] = /^([a-z]+): ?(.*)$/s.exec(line) ?? [];
    if (field === "id") id = value;
    else if (field === "event" && value !== undefined) type = value;
    else if (field === "data" && value !== undefined) data.push(value);
  }
  return data.length === 0 ? undefined : { id, type, data: data.join("\n") };
}
