/** A history as Temporal's client gives it: protobuf messages, which write themselves as JSON. */
export interface RawHistory {
  readonly events?: readonly unknown[] | null;
}

/**
 * The events of a history in Temporal's own JSON, as its Web UI and its CLI write and read them. The SDK's function for it
 * fails where npm has put two copies of its protobuf library; only times are to be written otherwise than a message does.
 */
export function historyEvents({ events }: RawHistory): readonly unknown[] {
  return (JSON.parse(JSON.stringify(events ?? [])) as readonly unknown[]).map((event) => told(event, ""));
}

function told(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => told(item, name));
  if (typeof value !== "object" || value === null) return value;
  if (isTime(value)) return /(?:time|timestamp)$/i.test(name) ? timestamp(value) : duration(value);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, told(field, key)]));
}

interface Time {
  readonly seconds?: string | number;
  readonly nanos?: number;
}

/** Both timestamps and durations are seconds and billionths of them. */
function isTime(value: object): value is Time {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key === "seconds" || key === "nanos");
}

/** `2026-01-02T03:04:05.678901234Z`. */
function timestamp({ seconds = 0, nanos = 0 }: Time): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction(nanos)}Z`;
}

/** `3.5s`. */
function duration({ seconds = 0, nanos = 0 }: Time): string {
  return `${seconds}${fraction(nanos)}s`;
}

/** Three, six or nine digits, or none. */
function fraction(nanos: number): string {
  if (nanos === 0) return "";
  return `.${String(nanos)
    .padStart(9, "0")
    .replace(/(?:000){1,2}$/, "")}`;
}
