import { describe, expect, it } from "vitest";
import { createLog } from "../../src/adapters/logging/create-log.js";
import type { LogFormat } from "../../src/host/config-defaults.js";
import type { TickRecord } from "../../src/sync/control.js";
import { tickEnd, tickStart, type TickLine } from "../../src/sync/tick-record.js";
import { makeReport } from "../sync/make-record.js";

const at = "2026-05-28T10:30:00.000Z";
const told = { tick_index: 42, trigger: "head-poll", started_at: at, duration_ms: 147 } as const;
const failed: TickRecord = { ...told, outcome: "error", error: 'the bucket says "no"' };
const skipped: TickRecord = { ...told, outcome: "skip", reason: "offline", detail: "connection refused" };

function written(format: LogFormat, { level, event, fields }: TickLine): string {
  let out = "";
  const stdout = { write: (line: string) => void (out += line) };
  createLog({ format, level: "info", upperLevels: true, now: () => at, stdout })[level](fields, event);
  return out;
}

describe("the records of ticks", () => {
  it("are one JSON object a line, with the envelope and their own fields", () => {
    const envelope = { time: at, schema_version: 1, root_id: "work", tick_index: 42, trigger: "head-poll" };
    const parsed = (line: TickLine): unknown => JSON.parse(written("json", line));
    expect(
      written("json", tickStart("work", { index: 42, trigger: "head-poll" }))
        .trim()
        .split("\n"),
    ).toHaveLength(1);
    expect(parsed(tickStart("work", { index: 42, trigger: "head-poll" }))).toEqual({
      ...envelope,
      level: "INFO",
      event: "tick_start",
      msg: "tick_start",
    });
    const sync = makeReport();
    expect(parsed(tickEnd("work", { ...told, outcome: "ok", sync }))).toEqual({
      ...envelope,
      level: "INFO",
      event: "tick_end",
      msg: "tick_end",
      duration_ms: 147,
      outcome: "ok",
      sync,
    });
    expect(parsed(tickEnd("work", failed))).toEqual({
      ...envelope,
      level: "ERROR",
      event: "tick_end",
      msg: "tick_end",
      duration_ms: 147,
      outcome: "error",
      error: 'the bucket says "no"',
    });
    expect(parsed(tickEnd("work", skipped))).toEqual({
      ...envelope,
      level: "WARN",
      event: "tick_skip",
      msg: "tick_skip",
      reason: "offline",
      detail: "connection refused",
    });
  });

  it("are one line of key=value as text", () => {
    expect(written("text", tickEnd("work", failed))).toBe(
      `time=${at} level=ERROR msg=tick_end schema_version=1 event=tick_end root_id=work tick_index=42 trigger=head-poll ` +
        String.raw`duration_ms=147 outcome=error error="the bucket says \"no\""` +
        "\n",
    );
  });

  it("are a header and a line a field for people", () => {
    const lines = written("pretty", tickEnd("work", skipped)).split("\n");
    expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\] WARN: tick_skip$/);
    expect(lines).toContain('    root_id: "work"');
    expect(lines).toContain("    tick_index: 42");
    expect(lines).toContain('    reason: "offline"');
  });
});
